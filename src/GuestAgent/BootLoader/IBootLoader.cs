namespace GuestTune.Agent.BootLoader;

/// <summary>One way in which guests keep their kernel command line.</summary>
internal interface IBootLoader
{
    string Description { get; }

    /// <summary>The file that a user would look into first.</summary>
    string Configuration { get; }

    IReadOnlyList<string> Warnings { get; }

    /// <summary>Why nothing can be changed although everything can be read, or null.</summary>
    string? WhyNotWritable { get; }

    /// <summary>What it puts on the command line of each kernel that it starts, or null.</summary>
    string? Mark { get; }

    /// <summary>Never throws for what the files say.</summary>
    NextBoot ReadNextBoot();

    /// <summary>The arguments that GuestTune added.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    IReadOnlyList<KernelArgument> ReadOwn();

    /// <summary>The files that would be written to have these own arguments in place of those that are there.</summary>
    /// <exception cref="IOException">A file cannot be read or understood.</exception>
    IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own);

    /// <summary>Files that programs which <see cref="Install"/> runs may leave behind.</summary>
    IReadOnlyList<string> GeneratedFiles { get; }

    /// <summary>Makes what was edited reach the files that the boot loader reads.</summary>
    /// <exception cref="IOException">It failed; the transaction is rolled back by the caller.</exception>
    /// <param name="former">The own arguments that were there.</param>
    void Install(BootTransaction transaction, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own);
}
