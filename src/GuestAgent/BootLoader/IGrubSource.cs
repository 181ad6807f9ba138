namespace GuestTune.Agent.BootLoader;

/// <summary>The file from which grub-mkconfig takes our arguments.</summary>
internal interface IGrubSource
{
    string Path { get; }

    /// <exception cref="IOException">It cannot be told.</exception>
    IReadOnlyList<KernelArgument> ReadOwn();

    /// <exception cref="IOException">The file cannot be understood.</exception>
    IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own);
}
