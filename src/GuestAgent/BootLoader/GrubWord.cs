namespace GuestTune.Agent.BootLoader;

/// <summary>A word of a GRUB script: what it says, with variables still in it, and where it stands.</summary>
/// <param name="Text">Without quotes and backslashes. A <c>$</c> that GRUB does not expand is <see cref="LiteralDollar"/>.</param>
internal readonly record struct GrubWord(string Text, int Start, int End)
{
    public const char LiteralDollar = '\ue024';
}
