using System.CommandLine;
using System.CommandLine.Parsing;
using GuestTune.Controller.Rendering;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.Cli;

/// <summary>Which registers a command is about.</summary>
internal static class PcrOptions
{
    private static readonly string[] Provable = [.. PcrBank.All.Where(static b => b.CanHash).Select(static b => b.Name)];

    /// <summary>Of a command that reads any number of banks.</summary>
    public static Option<string[]> Banks()
    {
        var option = new Option<string[]>("--bank")
        {
            HelpName = "NAME",
            Description = "only this bank; may be given again (default: all that the TPM has)",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var known = PcrBank.All.Select(static b => b.Name).ToArray();
        option.CompletionSources.Add(known);
        option.Validators.Add(result =>
        {
            CheckNames(result, known);
            if (result.Tokens.Select(static t => t.Value).GroupBy(static n => n, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static g => g.Count() > 1) is { } twice)
            {
                result.AddError($"--bank {TerminalText.Escape(twice.Key, 40)} is given twice");
            }
        });
        return option;
    }

    /// <summary>Of a command that needs exactly one, whose digests can be computed.</summary>
    public static Option<string> Bank()
    {
        var option = new Option<string>("--bank")
        {
            HelpName = "NAME",
            Description = "bank of the registers (default: sha256)",
            DefaultValueFactory = static _ => PcrBank.Sha256.Name,
        };
        option.CompletionSources.Add(Provable);
        option.Validators.Add(static result => CheckNames(result, Provable));
        return option;
    }

    public static Option<string?> Pcrs()
    {
        var option = new Option<string?>("--pcr") { HelpName = "LIST", Description = "only these registers, e.g. 0-7,14 (default: all 24)" };
        option.Validators.Add(static result =>
        {
            if (result.Tokens.Count > 0 && ParseMask(result.Tokens[0].Value) is null)
            {
                result.AddError($"--pcr cannot be '{TerminalText.Escape(result.Tokens[0].Value, 80)}'; give numbers and ranges from 0 to {PcrSelection.PcrCount - 1}, separated by commas, e.g. 0-7,14");
            }
        });
        return option;
    }

    public static uint ReadMask(ParseResult result, Option<string?> pcrs) => result.GetValue(pcrs) is { } text ? ParseMask(text) ?? 0 : PcrSelection.AllPcrs;

    /// <returns>Null where it is no list of registers.</returns>
    internal static uint? ParseMask(string text) =>
        NumberSet.ParseList(text, out _) is { Last: < PcrSelection.PcrCount } registers ? registers.Numbers.Aggregate(0u, static (mask, pcr) => mask | (1u << pcr)) : null;

    private static void CheckNames(OptionResult result, string[] known)
    {
        foreach (var name in result.Tokens.Select(static t => t.Value).Where(n => !known.Contains(n, StringComparer.OrdinalIgnoreCase)))
        {
            result.AddError($"--bank cannot be '{TerminalText.Escape(name, 40)}'; it must be one of {string.Join(", ", known)}");
        }
    }
}
