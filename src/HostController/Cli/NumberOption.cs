using System.CommandLine;
using System.Globalization;

namespace GuestTune.Controller.Cli;

/// <summary>Options that take a number, whose error names the option, the value and the range.</summary>
internal static class NumberOption
{
    public static Option<string?> Create(string name, string helpName, string description, double minimum, double maximum, bool whole, params string[] aliases)
    {
        var option = new Option<string?>(name, aliases) { HelpName = helpName, Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var text && TryParse(text, whole) is var number && !(number >= minimum && number <= maximum))
            {
                result.AddError($"{name} cannot be '{Rendering.TerminalText.Escape(text, 40)}'; it must be a {(whole ? "whole " : "")}number from {minimum} to {maximum}");
            }
        });
        return option;
    }

    public static double? Value(ParseResult result, Option<string?> option) =>
        result.GetValue(option) is { } text ? TryParse(text, whole: false) : null;

    private static double? TryParse(string text, bool whole) =>
        double.TryParse(text, whole ? NumberStyles.None : NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}
