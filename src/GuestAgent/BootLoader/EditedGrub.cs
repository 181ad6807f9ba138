using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>GRUB with a grub.cfg and nothing that makes it: its <c>linux</c> lines are edited in place, as an administrator would.</summary>
internal sealed class EditedGrub(RootedFileSystem files, OwnArguments record, string configuration) : IBootLoader
{
    public string Description => $"GRUB: {configuration}, without a program that makes it";

    public string Configuration => configuration;

    public IReadOnlyList<string> Warnings
        => [$"{configuration} is edited in place, since there is no grub-mkconfig: the arguments last until something writes that file anew, and a kernel that is installed later goes without them"];

    public string? WhyNotWritable => null;

    public string? Mark => GrubMenuReader.Mark;

    public IReadOnlyList<string> GeneratedFiles => [];

    public NextBoot ReadNextBoot() => GrubMenuReader.Read(files, configuration);

    public IReadOnlyList<KernelArgument> ReadOwn() => record.Read();

    public IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own)
    {
        var text = files.ReadRequired(configuration);
        return [new BootEdit(configuration, text, GrubLines.Exchange(text, configuration, ReadOwn(), own)), record.Edit(own)];
    }

    public void Install(BootTransaction transaction, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        // What was edited is what the boot loader reads.
    }
}
