using System.CommandLine;
using GuestTune.Controller.Practices;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary>What a command line says is desired of a practice: an option for each of its settings, and whether to persist and to force.</summary>
internal sealed class PracticeOptions(GuestPractice practice)
{
    private readonly (PracticeSetting Setting, Option<string?> Option)[] _settings = [.. practice.Settings.Select(s => (s, SettingOption(s)))];
    private readonly Option<bool> _persist = new("--persist") { Description = "also after a reboot of the guest" };
    private readonly Option<bool> _force = new("--force") { Description = practice.Force };

    public void AddTo(Command command)
    {
        foreach (var (_, option) in _settings)
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
            if (!_settings.Any(s => result.GetResult(s.Option) is not null))
            {
                result.AddError($"no setting of {practice.Word} is given; give at least one of {string.Join(", ", _settings.Select(s => s.Setting.Option))}");
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

        return desired;
    }

    private static Option<string?> SettingOption(PracticeSetting setting)
    {
        var option = new Option<string?>(setting.Option) { HelpName = setting.ValueName, Description = $"{setting.Description} ({setting.Allowed})" };
        if (setting.Kind == SettingKind.Switch)
        {
            option.CompletionSources.Add("true", "false");
        }

        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && setting.Check(setting.Option, result.Tokens[0].Value) is { } mistake)
            {
                result.AddError(mistake);
            }
        });
        return option;
    }
}
