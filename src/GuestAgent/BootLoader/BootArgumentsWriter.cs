using System.Text;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>Changes arguments for the next boots, all or none: saves, edits, runs the generator, and believes only what the boot loader will read.</summary>
internal sealed class BootArgumentsWriter(BootArguments arguments, RootedFileSystem files, string stateDirectory) : IKnobWriter
{
    /// <summary>COMMAND_LINE_SIZE of x86 and AArch64 (asm/setup.h), with the zero at its end.</summary>
    private const int MaximumLineLength = 2047;

    public void Write(IReadOnlyList<KnobWrite> writes)
    {
        BootTransaction.Recover(files, stateDirectory);
        var loader = arguments.Require();
        if (loader.WhyNotWritable is { } reason)
        {
            throw new IOException(reason);
        }

        var before = loader.ReadNextBoot();
        var former = loader.ReadOwn();
        var own = Own(before, former, writes);
        var edits = loader.Edit(own).Where(static e => e.IsChange).ToList();
        var transaction = BootTransaction.Begin(files, stateDirectory, edits, loader.GeneratedFiles);
        try
        {
            foreach (var edit in edits)
            {
                transaction.Write(edit.Path, edit.After);
            }

            loader.Install(transaction, former, own);
            Verify(before, loader.ReadNextBoot(), former, writes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(e.Message + RollBack(transaction), e);
        }

        transaction.Commit();
    }

    public IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes)
    {
        var loader = arguments.Require();
        return [.. loader.Edit(Own(loader.ReadNextBoot(), loader.ReadOwn(), writes))
            .Where(e => e.IsChange && !e.Path.StartsWith(stateDirectory + "/", StringComparison.Ordinal))
            .Select(static e => new FileEdit(e.Path, ToText(e.Before), ToText(e.After)))];
    }

    private static IReadOnlyList<KernelArgument> Own(NextBoot next, IReadOnlyList<KernelArgument> former, IReadOnlyList<KnobWrite> writes)
    {
        var entry = next.Default ?? throw new IOException(next.Problem);
        var own = former;
        foreach (var (knob, value) in writes)
        {
            own = OwnArgumentChange.Apply(own, entry, ((BootArgumentKnob)knob).Key, value);
        }

        return own;
    }

    /// <exception cref="IOException">The next boot would not be as asked for, or somebody else's arguments would be gone.</exception>
    private static void Verify(NextBoot before, NextBoot after, IReadOnlyList<KernelArgument> former, IReadOnlyList<KnobWrite> writes)
    {
        if (after.Default is not { } entry)
        {
            throw new IOException($"after the change the boot loader's configuration would not do: {after.Problem}");
        }

        foreach (var (knob, value) in writes)
        {
            var key = ((BootArgumentKnob)knob).Key;
            var found = ArgumentLine.Find(entry.CommandLine, key);
            if (!string.Equals(found, value, StringComparison.Ordinal))
            {
                throw new IOException($"{key} would be {Show(found)} at the next boot, not {Show(value)} ('{entry.Title}' in {entry.Source}: {entry.CommandLine})");
            }
        }

        // GRUB puts the kernel's path in front.
        var length = "BOOT_IMAGE= ".Length + entry.Kernel.Length + entry.CommandLine.Length;
        if (length > MaximumLineLength)
        {
            throw new IOException($"the command line would have {length} characters, and the kernel cuts off what is behind the first {MaximumLineLength} ('{entry.Title}' in {entry.Source})");
        }

        if (ForeignArguments.WhichAreLost(before, after, former) is { Count: > 0 } lost)
        {
            throw new IOException($"the change would take away what GuestTune did not add: {string.Join(", ", lost)}");
        }
    }

    private static string RollBack(BootTransaction transaction)
    {
        try
        {
            var left = transaction.RollBack().Where(static f => f.IsLeft).ToList();
            return left.Count == 0 ? "; every file is as it was before" : "; " + string.Join("; ", left);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"; and not every file could be put back: {e.Message}. The agent tries again when it starts, and before the next change";
        }
    }

    private static string Show(string? value) => value switch { null => "absent", "" => "given without a value", _ => $"'{value}'" };

    private static string? ToText(string? bytes) => bytes is null ? null : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
}
