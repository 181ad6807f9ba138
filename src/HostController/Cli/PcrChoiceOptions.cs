using System.CommandLine;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Cli;

/// <summary>Which registers a command is for that compares or keeps boots: <c>--bank</c> and <c>--pcr</c>.</summary>
internal sealed class PcrChoiceOptions
{
    private readonly Option<string> _bank = PcrOptions.Bank();
    private readonly Option<string?> _pcrs = PcrOptions.Pcrs();

    public PcrChoiceOptions(string defaultPcrs) => _pcrs.Description = $"only these registers, e.g. 0-7,14 (default: {defaultPcrs})";

    public void AddTo(Command command, bool withBank)
    {
        if (withBank)
        {
            command.Add(_bank);
        }

        command.Add(_pcrs);
    }

    public AgentApi.PcrSelection Read(ParseResult result) => new() { Algorithm = (uint)PcrBank.Find(result.GetValue(_bank)!)!.Algorithm, Mask = ReadMask(result) };

    /// <returns>0 where none were chosen.</returns>
    public uint ReadMask(ParseResult result) => result.GetValue(_pcrs) is { } text ? PcrOptions.ParseMask(text) ?? 0 : 0;
}
