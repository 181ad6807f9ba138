namespace GuestTune.Agent.QemuGa;

/// <summary>
/// How an installed qemu-ga spells its lists. It is read from its own <c>--help</c>, since distributions carry changes back:
/// upstream has <c>--blacklist</c> up to 7.1, <c>--block-rpcs</c> from 7.2, both of them up to 9.0, and <c>--allow-rpcs</c> from 8.1.
/// </summary>
/// <param name="Block">E.g. <c>--block-rpcs</c>.</param>
/// <param name="Allow">Null where this qemu-ga has no allow list.</param>
internal sealed record ListSpelling(string Block, string? Allow)
{
    private const string Newer = "--block-rpcs";
    private const string Older = "--blacklist";
    private const string AllowOption = "--allow-rpcs";

    /// <returns>Null where the text names neither.</returns>
    public static ListSpelling? FromHelp(string help)
    {
        var block = help.Contains(Newer, StringComparison.Ordinal) ? Newer : help.Contains(Older, StringComparison.Ordinal) ? Older : null;
        return block is null ? null : new ListSpelling(block, help.Contains(AllowOption, StringComparison.Ordinal) ? AllowOption : null);
    }
}
