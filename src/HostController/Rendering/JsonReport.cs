using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using GuestTune.Controller.Cli;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>
/// Writes the one JSON schema of the program (docs/cli.md). The writer's default encoder leaves only printable ASCII, so
/// that nothing from a guest can reach a terminal raw.
/// </summary>
internal static class JsonReport
{
    private const string Schema = "guesttune.cli/v1";

    public static void Write(TextWriter output, RunReport report) => Write(output, report.Command, report.ExitCode, report.Error, json =>
    {
        if (report.OperationId is not null)
        {
            json.WriteString("operation_id", report.OperationId);
        }

        json.WriteStartArray("vms");
        foreach (var vm in report.Vms)
        {
            WriteVm(json, vm);
        }

        json.WriteEndArray();
    });

    /// <summary>Of a command that is about the host: one object in place of the VMs.</summary>
    public static void WriteHost(TextWriter output, RunReport report) => Write(output, report.Command, report.ExitCode, report.Error, json =>
    {
        if (report.OperationId is not null)
        {
            json.WriteString("operation_id", report.OperationId);
        }

        json.WritePropertyName("host");
        if (report.Vms is [var host])
        {
            WriteVm(json, host);
        }
        else
        {
            json.WriteNullValue();
        }
    });

    public static void WriteError(TextWriter output, string command, int exitCode, Status error) => Write(output, command, exitCode, error, json =>
    {
        json.WriteStartArray("vms");
        json.WriteEndArray();
    });

    public static void WriteVms(TextWriter output, string command, int exitCode, ListVmsResponse response) => Write(output, command, exitCode, null, json =>
    {
        json.WriteStartArray("warnings");
        foreach (var warning in response.Warnings)
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
        json.WriteStartArray("vms");
        foreach (var vm in response.Vms)
        {
            json.WriteStartObject();
            json.WriteString("name", vm.Name);
            json.WriteString("source", vm.Source);
            WriteText(json, "channel", vm.Channel);
            json.WriteStartObject("labels");
            foreach (var (key, value) in vm.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            WriteText(json, "problem", vm.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static void WriteBaselines(TextWriter output, string command, IEnumerable<BaselineEntry> baselines) => WriteObject(output, command, ExitCode.Done, json =>
    {
        json.WriteStartArray("baselines");
        foreach (var baseline in baselines)
        {
            BaselineJson.Write(json, baseline);
        }

        json.WriteEndArray();
    });

    /// <summary>Of a command that is about no VMs.</summary>
    public static void WriteObject(TextWriter output, string command, int exitCode, Action<Utf8JsonWriter> body, Status? error = null) => Write(output, command, exitCode, error, body);

    public static void WriteFacts(Utf8JsonWriter json, IEnumerable<Fact> facts)
    {
        json.WriteStartArray("facts");
        foreach (var fact in facts)
        {
            json.WriteStartObject();
            json.WriteString("name", fact.Name);
            json.WriteString("scope", Words.Of(fact.Scope));
            WriteOptional(json, "value", fact.HasValue, fact.Value);
            WriteText(json, "source", fact.Source);
            WriteText(json, "problem", fact.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(TextWriter output, string command, int exitCode, Status? error, Action<Utf8JsonWriter> body)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteString("command", command);
            json.WriteNumber("exit_code", exitCode);
            if (error is { } status)
            {
                WriteError(json, status.StatusCode, status.Detail, reached: null);
            }
            else
            {
                json.WriteNull("error");
            }

            body(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static void WriteVm(Utf8JsonWriter json, VmOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("name", outcome.Vm);
        json.WriteBoolean("ok", outcome.Failure is null);
        if (outcome.Error is { } error)
        {
            WriteError(json, (StatusCode)error.Code, error.Message, error.Reached);
        }
        else if (outcome.Failure is { } failure)
        {
            WriteError(json, StatusCode.Aborted, failure, reached: true);
        }
        else
        {
            json.WriteNull("error");
        }

        var result = outcome.Result;
        switch (result.EventCase)
        {
            case VmEvent.EventOneofCase.Ping:
                WritePing(json, result.Ping);
                break;
            case VmEvent.EventOneofCase.Info:
                WriteInfo(json, result.Info);
                break;
            case VmEvent.EventOneofCase.Observe:
                json.WriteStartArray("observations");
                foreach (var observation in result.Observe.Observations)
                {
                    WriteObservation(json, observation);
                }

                json.WriteEndArray();
                break;
            case VmEvent.EventOneofCase.Plan:
                WritePlan(json, result.Plan.Plan);
                break;
            case VmEvent.EventOneofCase.Apply:
                WriteChanged(json, result.Apply.Operation, result.Apply.Observation, result.Apply.RepeatedAnswer);
                break;
            case VmEvent.EventOneofCase.Undo:
                WriteChanged(json, result.Undo.Operation, result.Undo.Observation, result.Undo.RepeatedAnswer);
                break;
            case VmEvent.EventOneofCase.Reboot:
                json.WriteStartArray("observations");
                foreach (var observation in result.Reboot.Observations)
                {
                    WriteObservation(json, observation);
                }

                json.WriteEndArray();
                break;
            case VmEvent.EventOneofCase.Pcrs:
                EvidenceJson.WriteValues(json, result.Pcrs);
                break;
            case VmEvent.EventOneofCase.Evidence:
                EvidenceJson.WriteEvidence(json, result.Evidence);
                break;
            case VmEvent.EventOneofCase.BaselineSaved:
                BaselineJson.Write(json, result.BaselineSaved);
                break;
            case VmEvent.EventOneofCase.BootCheck:
                BaselineJson.Write(json, result.BootCheck);
                break;
            case VmEvent.EventOneofCase.BootDocument:
                BaselineJson.Write(json, result.BootDocument);
                break;
            case VmEvent.EventOneofCase.History:
                json.WriteStartArray("operations");
                foreach (var operation in result.History.Operations)
                {
                    WriteOperation(json, operation);
                }

                json.WriteEndArray();
                break;
        }

        ForecastLines.Write(json, "forecast", result.Forecast);
        if (outcome.Reboot is { } reboot)
        {
            WriteReboot(json, reboot);
        }

        json.WriteEndObject();
    }

    private static void WriteReboot(Utf8JsonWriter json, RebootResult reboot)
    {
        json.WriteStartObject("reboot");
        json.WriteString("outcome", Words.Of(reboot.Outcome));
        WriteText(json, "boot_id_before", reboot.BootIdBefore);
        WriteText(json, "boot_id", reboot.BootId);
        json.WriteNumber("took_ms", reboot.TookMs);
        json.WriteNumber("reset_after_ms", reboot.ResetAfterMs);
        json.WriteString("trial", Words.Of(reboot.Trial?.State ?? AgentApi.BootTrialState.None));
        WriteText(json, "trial_reason", reboot.Trial?.Reason);
        ForecastLines.Write(json, "start", reboot.Start);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, StatusCode code, string message, bool? reached)
    {
        json.WriteStartObject("error");
        json.WriteString("code", Words.Of(code));
        json.WriteString("message", message);
        if (reached is { } known)
        {
            json.WriteBoolean("reached", known);
        }

        json.WriteEndObject();
    }

    private static void WritePing(Utf8JsonWriter json, PingResult ping)
    {
        json.WriteStartObject("ping");
        json.WriteNumber("attach_ns", ping.AttachNs);
        json.WriteStartArray("round_trip_ns");
        foreach (var time in ping.RoundTripNs)
        {
            json.WriteNumberValue(time);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteInfo(Utf8JsonWriter json, AgentApi.GetInfoResponse info)
    {
        json.WriteStartObject("info");
        json.WriteString("agent_version", info.AgentVersion);
        json.WriteString("api_version", info.ApiVersion);
        json.WriteString("boot_id", info.BootId);
        json.WriteString("instance_id", info.InstanceId);
        json.WriteString("kernel_release", info.KernelRelease);
        json.WriteString("architecture", info.Architecture);
        json.WriteStartObject("os_release");
        foreach (var (key, value) in info.OsRelease.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("practices");
        foreach (var practice in info.Practices)
        {
            json.WriteStartObject();
            json.WriteString("practice", practice.Practice);
            json.WriteBoolean("supported", practice.Supported);
            WriteText(json, "reason", practice.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("policy");
        json.WriteStartArray("refused_rpcs");
        foreach (var rpc in info.Policy?.RefusedRpcs ?? [])
        {
            json.WriteStringValue(rpc);
        }

        json.WriteEndArray();
        json.WriteBoolean("persist_refused", info.Policy?.PersistRefused ?? false);
        WriteText(json, "problem", info.Policy?.Problem);
        json.WriteEndObject();
        json.WriteStartObject("measured_boot");
        json.WriteBoolean("supported", info.MeasuredBoot?.Supported ?? false);
        WriteText(json, "reason", info.MeasuredBoot?.Reason);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteObservation(Utf8JsonWriter json, Observation observation)
    {
        json.WriteStartObject();
        json.WriteString("practice", observation.Practice);
        json.WriteString("verdict", Words.Of(observation.Verdict));
        WriteText(json, "reason", observation.Reason);
        WriteFacts(json, observation.Facts);
        json.WriteEndObject();
    }

    private static void WritePlan(Utf8JsonWriter json, Plan? plan)
    {
        json.WriteStartObject("plan");
        json.WriteString("practice", plan?.Practice ?? "");
        json.WriteStartArray("changes");
        foreach (var change in plan?.Changes ?? [])
        {
            json.WriteStartObject();
            WriteChange(json, change);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (var warning in plan?.Warnings ?? [])
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (var file in plan?.Files ?? [])
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            WriteOptional(json, "before", file.HasBefore, file.Before);
            WriteOptional(json, "after", file.HasAfter, file.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteChanged(Utf8JsonWriter json, Operation? operation, Observation? observation, bool repeated)
    {
        json.WriteBoolean("repeated_answer", repeated);
        json.WritePropertyName("operation");
        if (operation is null)
        {
            json.WriteNullValue();
        }
        else
        {
            WriteOperation(json, operation);
        }

        json.WritePropertyName("observation");
        if (observation is null)
        {
            json.WriteNullValue();
        }
        else
        {
            WriteObservation(json, observation);
        }
    }

    private static void WriteOperation(Utf8JsonWriter json, Operation operation)
    {
        json.WriteStartObject();
        json.WriteString("operation_id", operation.OperationId);
        json.WriteString("kind", Words.Of(operation.Kind));
        json.WriteString("practice", operation.Practice);
        json.WriteString("state", Words.Of(operation.State));
        WriteTime(json, "begun_at", operation.BegunAt);
        WriteTime(json, "ended_at", operation.EndedAt);
        json.WriteStartArray("outcomes");
        foreach (var outcome in operation.Outcomes)
        {
            json.WriteStartObject();
            WriteChange(json, outcome.Change ?? new Change());
            json.WriteString("state", Words.Of(outcome.State));
            WriteOptional(json, "read_back", outcome.HasReadBack, outcome.ReadBack);
            WriteText(json, "error", outcome.Error);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteText(json, "related_operation_id", operation.RelatedOperationId);
        WriteText(json, "error", operation.Error);
        json.WriteEndObject();
    }

    private static void WriteChange(Utf8JsonWriter json, Change change)
    {
        json.WriteString("item", change.Item);
        json.WriteString("target", change.Target);
        WriteOptional(json, "before", change.HasBefore, change.Before);
        WriteOptional(json, "after", change.HasAfter, change.After);
        json.WriteString("takes_effect", Words.Of(change.TakesEffect));
    }

    private static void WriteTime(Utf8JsonWriter json, string name, Timestamp? time) =>
        WriteText(json, name, Timestamps.Format(time, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));

    private static void WriteText(Utf8JsonWriter json, string name, string? text) => WriteOptional(json, name, !string.IsNullOrEmpty(text), text);

    private static void WriteOptional(Utf8JsonWriter json, string name, bool has, string? text)
    {
        if (has)
        {
            json.WriteString(name, text);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
