using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>
/// Whether an answer is one to what was asked. An agent that leaves out or swaps the essential part must not count as
/// a success: empty messages are valid on the wire.
/// </summary>
internal static class AnswerCheck
{
    /// <exception cref="RpcException">DATA_LOSS: something that was asked for is not in the answer.</exception>
    public static ObserveResponse Checked(ObserveResponse answer, ObserveRequest request)
    {
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
    public static PlanResponse Checked(PlanResponse answer, PlanRequest request) =>
        string.Equals(answer.Plan?.Practice, request.Desired.Practice, StringComparison.Ordinal)
            ? answer
            : throw Wrong($"its answer is no plan for {request.Desired.Practice}");

    /// <exception cref="RpcException">DATA_LOSS: the answer does not say how the operation ended.</exception>
    public static ApplyResponse Checked(ApplyResponse answer, ApplyRequest request)
    {
        CheckOperation(answer.Operation, request.OperationId);
        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: the answer does not say how the operation ended.</exception>
    public static UndoResponse Checked(UndoResponse answer, UndoRequest request)
    {
        CheckOperation(answer.Operation, request.OperationId);
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
    }

    private static RpcException Wrong(string message) => new(new Status(StatusCode.DataLoss, message));
}
