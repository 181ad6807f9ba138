using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>
/// Whether an answer is one to what was asked. An agent that leaves out or swaps the essential part must not count as
/// a success: empty messages are valid on the wire. And half a million empty messages fit into the largest answer that
/// is taken, which nobody could read.
/// </summary>
internal static class AnswerCheck
{
    private const int MostItems = 1000;
    private const int MostIdCharacters = 64; // a UUID has 36

    /// <exception cref="RpcException">DATA_LOSS: the answer has too much of something.</exception>
    public static GetInfoResponse Checked(GetInfoResponse answer)
    {
        CheckId(answer.BootId, "boot id");
        CheckId(answer.InstanceId, "instance id");
        CheckCount(answer.Practices.Count, MostItems, "practices");
        CheckCount(answer.OsRelease.Count, MostItems, "fields of os-release");
        CheckCount(answer.Policy?.RefusedRpcs.Count ?? 0, MostItems, "refused RPCs");
        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: something that was asked for is not in the answer.</exception>
    public static ObserveResponse Checked(ObserveResponse answer, ObserveRequest request)
    {
        CheckCount(answer.Observations.Count, MostItems, "observations");
        foreach (var observation in answer.Observations)
        {
            CheckCount(observation.Facts.Count, MostItems, "facts");
        }

        foreach (var practice in request.Practices)
        {
            if (!answer.Observations.Any(o => string.Equals(o.Practice, practice, StringComparison.Ordinal)))
            {
                throw Wrong($"its answer says nothing about {practice}");
            }
        }

        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: the answer has no plan for the practice.</exception>
    public static PlanResponse Checked(PlanResponse answer, PlanRequest request)
    {
        if (!string.Equals(answer.Plan?.Practice, request.Desired.Practice, StringComparison.Ordinal))
        {
            throw Wrong($"its answer is no plan for {request.Desired.Practice}");
        }

        CheckCount(answer.Plan!.Changes.Count, MostItems, "changes");
        CheckCount(answer.Plan.Warnings.Count, MostItems, "warnings");
        CheckCount(answer.Plan.Files.Count, MostItems, "files");
        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: the answer does not say how the operation ended.</exception>
    public static ApplyResponse Checked(ApplyResponse answer, ApplyRequest request)
    {
        CheckOperation(answer.Operation, request.OperationId);
        CheckCount(answer.Observation?.Facts.Count ?? 0, MostItems, "facts");
        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: the answer does not say how the operation ended.</exception>
    public static UndoResponse Checked(UndoResponse answer, UndoRequest request)
    {
        CheckOperation(answer.Operation, request.OperationId);
        CheckCount(answer.Observation?.Facts.Count ?? 0, MostItems, "facts");
        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: more operations than were asked for.</exception>
    public static HistoryResponse Checked(HistoryResponse answer, HistoryRequest request)
    {
        CheckCount(answer.Operations.Count, request.Limit, "operations");
        foreach (var operation in answer.Operations)
        {
            CheckCount(operation.Outcomes.Count, MostItems, "outcomes of one operation");
        }

        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: the answer does not say how the restart stands.</exception>
    public static RebootResponse Checked(RebootResponse answer, RebootRequest request)
    {
        if (answer.State is not (RebootState.GoingDown or RebootState.Restarted))
        {
            throw Wrong($"its answer does not say how the restart of operation {request.OperationId} stands");
        }

        CheckId(answer.BootId, "boot id");
        CheckId(answer.BootIdBefore, "boot id of before");

        // The boot that was to end, or of an id that was used before: the one that it has ended.
        var ended = answer.BootIdBefore.Length > 0 ? answer.BootIdBefore : request.ExpectedBootId;
        if (answer.BootId.Length == 0 || string.Equals(answer.BootId, ended, StringComparison.Ordinal) == (answer.State == RebootState.Restarted))
        {
            throw Wrong($"its answer says {(answer.State == RebootState.Restarted ? "that it was restarted" : "that it goes down")}, and its boot id says otherwise");
        }

        answer.Trial ??= new BootTrial { State = BootTrialState.None };
        return answer;
    }

    private static void CheckOperation(Operation? operation, string id)
    {
        if (operation is null || !string.Equals(operation.OperationId, id, StringComparison.Ordinal))
        {
            throw Wrong($"its answer is not about operation {id}; see the VM's history");
        }

        if (operation.State is not (OperationState.Done or OperationState.Unchanged or OperationState.Undone or OperationState.Failed))
        {
            throw Wrong($"its answer does not say how operation {id} ended; see the VM's history");
        }

        CheckCount(operation.Outcomes.Count, MostItems, "outcomes");
    }

    private static void CheckId(string id, string what)
    {
        if (id.Length > MostIdCharacters)
        {
            throw Wrong($"its answer has a {what} of {id.Length} characters; at most {MostIdCharacters} are taken");
        }
    }

    private static void CheckCount(int count, long most, string what)
    {
        if (count > most)
        {
            throw Wrong($"its answer has {count} {what}; at most {most} are taken");
        }
    }

    private static RpcException Wrong(string message) => new(new Status(StatusCode.DataLoss, message));
}
