using System.CommandLine;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Cli;

/// <summary>The options of commands that let TPMs prove something.</summary>
internal sealed class EvidenceOptions
{
    private readonly SelectionOptions _selection = new();
    private readonly Option<string> _bank = PcrOptions.Bank();
    private readonly Option<string?> _pcrs = PcrOptions.Pcrs();
    private readonly Option<bool> _enrol = new("--enroll") { Description = "pin the TPM's keys anew, after it was replaced, cleared or put back on purpose" };

    public void AddTo(Command command)
    {
        _selection.AddTo(command, required: true);
        command.Add(_bank);
        command.Add(_pcrs);
        command.Add(_enrol);
    }

    public CollectEvidenceRequest Read(ParseResult result, Invocation invocation, bool logIsRequired) => new()
    {
        Selection = _selection.Read(result),
        Pace = invocation.ReadPace(PcrReadCommand.TimeLimit),
        Pcrs = new AgentApi.PcrSelection { Algorithm = (uint)PcrBank.Find(result.GetValue(_bank)!)!.Algorithm, Mask = PcrOptions.ReadMask(result, _pcrs) },
        EnrolAnew = result.GetValue(_enrol),
        EventLogRequired = logIsRequired,
    };
}
