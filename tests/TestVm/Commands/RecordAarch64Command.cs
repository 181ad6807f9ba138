using System.CommandLine;

namespace GuestTune.Testing.Commands;

/// <summary>"record-aarch64": a root tree for tests of code that no machine here can run.</summary>
internal static class RecordAarch64Command
{
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--to") { Description = "Folder for the files.", Required = true };
        var words = new Argument<string[]>("argument") { Description = "Arguments for the kernel, e.g. arm_pvspin.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("record-aarch64", "Boot an AArch64 kernel and write down what it shows in /proc, /sys and its log.") { folder, words };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var record = await Aarch64Guest.BootAsync(string.Join(' ', parsed.GetValue(words)!), cancellationToken);
            record.ExtractTo(parsed.GetRequiredValue(folder).FullName);
        });
        return command;
    }
}
