using System.Text;
using System.Text.Json;
using Grpc.Core;
using GuestTune.Controller.Cli;
using GuestTune.Controller.V1;
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

        json.WriteArray("vms", report.Vms, vm => WriteVm(json, vm));
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
        json.WriteTexts("warnings", response.Warnings);
        json.WriteObjects("vms", response.Vms, vm =>
        {
            json.WriteString("name", vm.Name);
            json.WriteString("source", vm.Source);
            json.WriteText("channel", vm.Channel);
            json.WriteStartObject("labels");
            foreach (var (key, value) in vm.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            json.WriteText("problem", vm.Problem);
        });
    });

    public static void WriteBaselines(TextWriter output, string command, IEnumerable<BaselineEntry> baselines) => WriteObject(output, command, ExitCode.Done, json =>
    {
        json.WriteArray("baselines", baselines, baseline => BaselineJson.Write(json, baseline));
    });

    /// <summary>Of a command that is about no VMs.</summary>
    public static void WriteObject(TextWriter output, string command, int exitCode, Action<Utf8JsonWriter> body, Status? error = null) => Write(output, command, exitCode, error, body);

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
                json.WriteArray("observations", result.Observe.Observations, observation => PracticeJson.WriteObservation(json, observation));
                break;
            case VmEvent.EventOneofCase.Plan:
                PracticeJson.WritePlan(json, result.Plan.Plan);
                break;
            case VmEvent.EventOneofCase.Apply:
                PracticeJson.WriteChanged(json, result.Apply.Operation, result.Apply.Observation, result.Apply.RepeatedAnswer);
                break;
            case VmEvent.EventOneofCase.Undo:
                PracticeJson.WriteChanged(json, result.Undo.Operation, result.Undo.Observation, result.Undo.RepeatedAnswer);
                break;
            case VmEvent.EventOneofCase.Reboot:
                json.WriteArray("observations", result.Reboot.Observations, observation => PracticeJson.WriteObservation(json, observation));
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
                json.WriteArray("operations", result.History.Operations, operation => PracticeJson.WriteOperation(json, operation));
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
        json.WriteText("boot_id_before", reboot.BootIdBefore);
        json.WriteText("boot_id", reboot.BootId);
        json.WriteNumber("took_ms", reboot.TookMs);
        json.WriteNumber("reset_after_ms", reboot.ResetAfterMs);
        json.WriteString("trial", Words.Of(reboot.Trial?.State ?? AgentApi.BootTrialState.None));
        json.WriteText("trial_reason", reboot.Trial?.Reason);
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
        json.WriteArray("round_trip_ns", ping.RoundTripNs, json.WriteNumberValue);
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
        json.WriteObjects("practices", info.Practices, practice =>
        {
            json.WriteString("practice", practice.Practice);
            json.WriteBoolean("supported", practice.Supported);
            json.WriteText("reason", practice.Reason);
        });
        json.WriteStartObject("policy");
        json.WriteTexts("refused_rpcs", info.Policy?.RefusedRpcs ?? []);
        json.WriteBoolean("persist_refused", info.Policy?.PersistRefused ?? false);
        json.WriteText("problem", info.Policy?.Problem);
        json.WriteEndObject();
        json.WriteStartObject("measured_boot");
        json.WriteBoolean("supported", info.MeasuredBoot?.Supported ?? false);
        json.WriteText("reason", info.MeasuredBoot?.Reason);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
