namespace GuestTune.Agent.BootLoader;

/// <summary>A menu entry of grub.cfg, or a submenu.</summary>
/// <param name="id">Of <c>--id</c>; null where it has none.</param>
/// <param name="parent">The submenu that it is in.</param>
/// <param name="index">Its number among its neighbours, as <c>default</c> may give it.</param>
internal sealed class GrubMenuEntry(string title, string? id, GrubMenuEntry? parent, int index, bool isSubmenu)
{
    public string Title => title;

    public string? Id => id;

    public GrubMenuEntry? Parent => parent;

    public bool IsSubmenu => isSubmenu;

    /// <summary>The words of its linux command; null where it starts no Linux kernel.</summary>
    public List<GrubWord>? Linux { get; set; }

    /// <summary>The other commands without which it may not start, as texts: those that find disks and files, not those that print.</summary>
    public List<string> Needs { get; } = [];

    public bool IsCalled(string name)
        => string.Equals(name, title, StringComparison.Ordinal) || string.Equals(name, id, StringComparison.Ordinal)
            || (int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number == index);
}
