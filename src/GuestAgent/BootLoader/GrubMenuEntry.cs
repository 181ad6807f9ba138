namespace GuestTune.Agent.BootLoader;

/// <summary>A menu entry of grub.cfg, or a submenu.</summary>
/// <param name="Id">Of <c>--id</c>; null where it has none.</param>
/// <param name="Parent">The submenu that it is in.</param>
/// <param name="Index">Its number among its neighbours, as <c>default</c> may give it.</param>
internal sealed record GrubMenuEntry(string Title, string? Id, GrubMenuEntry? Parent, int Index, bool IsSubmenu)
{
    /// <summary>The words of its linux command; null where it starts no Linux kernel.</summary>
    public List<GrubWord>? Linux { get; set; }

    public bool IsCalled(string name)
        => string.Equals(name, Title, StringComparison.Ordinal) || string.Equals(name, Id, StringComparison.Ordinal)
            || (int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number == Index);
}
