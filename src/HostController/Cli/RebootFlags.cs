using System.CommandLine;
using GuestTune.Agent.V1;
using GuestTune.Controller.Rebooting;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>How guests are restarted: the options of <c>reboot</c>, and of commands that restart guests only when asked to.</summary>
internal sealed class RebootFlags
{
    private static readonly Dictionary<string, Recovery> Recoveries = new(StringComparer.Ordinal)
    {
        ["auto"] = Recovery.WithTrial,
        ["always"] = Recovery.Always,
        ["never"] = Recovery.Never,
    };

    private static readonly Dictionary<string, TrialWish> Trials = new(StringComparer.Ordinal)
    {
        ["auto"] = TrialWish.WherePossible,
        ["required"] = TrialWish.Required,
        ["off"] = TrialWish.None,
    };

    private readonly bool _isOptional;

    /// <param name="isOptional">Guests are restarted only with <c>--reboot</c>.</param>
    public RebootFlags(bool isOptional) => _isOptional = isOptional;

    public Option<bool> Reboot { get; } = new("--reboot") { Description = "restart guests in which the change waits for a reboot, and verify it there" };

    public Option<string?> TimeLimit { get; } = NumberOption.Create(
        "--time-limit",
        "SECONDS",
        $"for a guest to be back with its agent, and again after a reset (default: {RebootSettings.DefaultTimeLimitMs / 1000})",
        1,
        RebootSettings.LargestTimeLimitMs / 1000,
        whole: true);

    public Option<string?> Recover { get; } = Choice(
        "--recover", Recoveries.Keys, "reset a VM that is not back in time: auto (default) where its boot loader then takes the previous command line");

    public Option<string?> Trial { get; } = Choice(
        "--trial", Trials.Keys, "have the boot loader keep the way back to the running command line: auto (default) where it can");

    public void AddTo(Command command)
    {
        Option[] details = [TimeLimit, Recover, Trial];
        if (_isOptional)
        {
            command.Add(Reboot);
            command.Validators.Add(result =>
            {
                foreach (var option in details.Where(o => GlobalOptions.IsGiven(result, o) && !result.GetValue(Reboot)))
                {
                    result.AddError($"{option.Name} means nothing without --reboot");
                }
            });
        }

        foreach (var option in details)
        {
            command.Add(option);
        }
    }

    /// <returns>Null where nothing is to be restarted.</returns>
    public RebootOptions? Read(ParseResult result) => _isOptional && !result.GetValue(Reboot) ? null : new RebootOptions
    {
        TimeLimitMs = (uint)((NumberOption.Value(result, TimeLimit) ?? 0) * 1000),
        Recovery = result.GetValue(Recover) is { } recovery ? Recoveries[recovery] : Recovery.Unspecified,
        Trial = result.GetValue(Trial) is { } trial ? Trials[trial] : TrialWish.Unspecified,
    };

    private static Option<string?> Choice(string name, IEnumerable<string> words, string description)
    {
        var option = new Option<string?>(name) { HelpName = string.Join('|', words), Description = description };
        option.CompletionSources.Add([.. words]);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var word && !words.Contains(word, StringComparer.Ordinal))
            {
                result.AddError($"{name} cannot be '{Rendering.TerminalText.Escape(word, 40)}'; it must be one of {string.Join(", ", words)}");
            }
        });
        return option;
    }
}
