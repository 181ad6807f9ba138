using System.CommandLine;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary>What a command line says is desired of a practice: an option for each of its settings, and whether to persist and to force.</summary>
/// <param name="machine">What is rebooted for what persists.</param>
internal sealed class PracticeOptions(PracticeDefinition practice, string machine = "guest")
{
    private readonly (PracticeSetting Setting, Option<string?> Option)[] _settings = [.. practice.Settings.Select(s => (s, SettingOption(s)))];
    private readonly (FreeSettings Settings, Option<string[]> Set, Option<string[]>? Remove)? _free = practice.Free is { } free ? (free, SetOption(free), RemoveOption(free)) : null;
    private readonly Option<bool> _persist = new("--persist") { Description = $"also after a reboot of the {machine}" };
    private readonly Option<bool> _force = new("--force") { Description = practice.Force };

    private IEnumerable<Option> SettingOptions => [.. _settings.Select(s => s.Option), .. _free is { } free ? new Option?[] { free.Set, free.Remove }.OfType<Option>() : []];

    public void AddTo(Command command)
    {
        foreach (var option in SettingOptions)
        {
            command.Add(option);
        }

        if (!practice.AlwaysPersists)
        {
            command.Add(_persist);
        }

        if (practice.Force is not null)
        {
            command.Add(_force);
        }

        command.Validators.Add(result =>
        {
            if (!SettingOptions.Any(o => result.GetResult(o) is not null))
            {
                result.AddError($"no setting of {practice.Word} is given; give at least one of {string.Join(", ", SettingOptions.Select(o => o.Name))}");
            }

            var keys = FreeValues(o => result.GetResult(o)?.Tokens.Select(t => t.Value) ?? []).Select(s => s.Key);
            foreach (var twice in keys.GroupBy(k => k, StringComparer.Ordinal).Where(g => g.Count() > 1))
            {
                result.AddError($"'{TerminalText.Escape(twice.Key, 80)}' is given twice");
            }
        });
    }

    public Desired Read(ParseResult result)
    {
        var desired = new Desired
        {
            Practice = practice.Id,
            Persist = practice.AlwaysPersists || result.GetValue(_persist),
            Force = practice.Force is not null && result.GetValue(_force),
        };
        foreach (var (setting, option) in _settings)
        {
            if (result.GetValue(option) is { } value)
            {
                desired.Settings.Add(setting.Name, value);
            }
        }

        foreach (var (key, value) in FreeValues(o => result.GetValue(o) ?? []))
        {
            desired.Settings.Add(key, value);
        }

        return desired;
    }

    private IEnumerable<(string Key, string Value)> FreeValues(Func<Option<string[]>, IEnumerable<string>> given) => _free is { } free
        ? given(free.Set).Select(FreeSettings.Split).Concat(free.Remove is { } remove ? given(remove).Select(k => (k, free.Settings.Removal)) : [])
        : [];

    private static Option<string?> SettingOption(PracticeSetting setting)
    {
        var option = new Option<string?>(setting.Option) { HelpName = setting.ValueName, Description = $"{setting.Description} ({setting.Allowed})" };
        string[] words = setting.Kind == SettingKind.Switch ? ["true", "false"] : [.. setting.Words];
        if (words.Length > 0)
        {
            option.CompletionSources.Add(words);
        }

        if (setting.Kind == SettingKind.Pairs)
        {
            option.Arity = ArgumentArity.OneOrMore;
            option.CustomParser = static result => string.Join(' ', result.Tokens.Select(static t => t.Value));
        }

        option.Validators.Add(result =>
        {
            foreach (var mistake in result.Tokens.Select(t => setting.Check(setting.Option, t.Value)).OfType<string>())
            {
                result.AddError(mistake);
            }
        });
        return option;
    }

    private static Option<string[]> SetOption(FreeSettings free)
    {
        var option = Repeated(free.Option, free.ValueName, free.Description);
        option.Validators.Add(result =>
        {
            foreach (var (key, value) in result.Tokens.Select(t => FreeSettings.Split(t.Value)))
            {
                if (FreeSettings.Check(key, value) is { } mistake)
                {
                    result.AddError($"{free.Option}: {mistake}");
                }
            }
        });
        return option;
    }

    private static Option<string[]>? RemoveOption(FreeSettings free)
    {
        if (free.RemoveOption is null)
        {
            return null;
        }

        var option = Repeated(free.RemoveOption, "KEY", free.RemoveDescription ?? "");
        option.Validators.Add(result =>
        {
            foreach (var key in result.Tokens.Select(t => t.Value).Where(k => !FreeSettings.IsKey(k)))
            {
                result.AddError($"{free.RemoveOption} cannot be '{TerminalText.Escape(key, 80)}'; it must be KEY alone, without a value");
            }
        });
        return option;
    }

    private static Option<string[]> Repeated(string name, string valueName, string description)
        => new(name) { HelpName = valueName, Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
}
