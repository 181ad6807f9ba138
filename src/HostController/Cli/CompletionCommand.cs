using System.CommandLine;
using GuestTune.Controller.Cli.Completion;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune completion</c>: writes the completion script of a shell.</summary>
internal static class CompletionCommand
{
    public static Command Create(RootCommand root, Terminal terminal)
    {
        var command = new Command("completion", "Write the completion script for a shell to standard output");
        command.Add(Create("bash", "bash: save as /usr/share/bash-completion/completions/guesttune", () => BashCompletion.Write(CompletionModel.Of(root))));
        command.Add(Create("zsh", "zsh: save as /usr/share/zsh/site-functions/_guesttune", () => ZshCompletion.Write(CompletionModel.Of(root))));
        return command;

        Command Create(string shell, string description, Func<string> script)
        {
            var one = new Command(shell, description);
            one.SetAction(_ =>
            {
                terminal.Out.Write(script());
                return ExitCode.Done;
            });
            return one;
        }
    }
}
