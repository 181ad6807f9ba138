using System.CommandLine;

namespace GuestTune.Testing.Commands;

/// <summary>"console": asks a guest directly, without the product.</summary>
internal static class ConsoleCommand
{
    public static Command Create()
    {
        var folder = SharedOptions.Folder();
        var vm = new Argument<string>("vm") { Description = "Name of the VM, e.g. vm1." };
        var words = new Argument<string[]>("command") { Description = "Command for the guest's shell.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("console", "Run a command in a guest over its serial port; ends with the command's exit code.") { folder, vm, words };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(vm);
            var socket = VmFolder.Open(Path.Combine(parsed.GetRequiredValue(folder).FullName, name)).ConsoleSocket;
            if (!File.Exists(socket))
            {
                throw new TestVmException($"There is no VM '{name}' in '{parsed.GetRequiredValue(folder)}'.");
            }

            await using var console = await GuestConsole.ConnectAsync(socket, cancellationToken);
            var result = await console.ExecuteAsync(string.Join(' ', parsed.GetRequiredValue(words)), cancellationToken: cancellationToken);
            Console.Write(result.Output);
            return result.ExitCode;
        });
        return command;
    }
}
