using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Cli;

/// <summary>Options whose value is the id of an operation.</summary>
internal static class OperationOptions
{
    /// <summary>The id of the operation to be carried out.</summary>
    public static Option<string?> Id(string description) => Create("--operation-id", $"{description} (default: a new UUID)");

    public static Option<string?> Create(string name, string description)
    {
        var option = new Option<string?>(name) { HelpName = "ID", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var id && !OperationId.IsValid(id))
            {
                result.AddError($"{name} cannot be '{TerminalText.Escape(id, 80)}'; it must be {OperationId.Rule}");
            }
        });
        return option;
    }
}
