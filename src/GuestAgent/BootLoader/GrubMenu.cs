namespace GuestTune.Agent.BootLoader;

/// <summary>What a grub.cfg says: its entries, in order, and which one is the default. Conditions are not evaluated; what GRUB's own generator writes needs none.</summary>
internal sealed class GrubMenu
{
    /// <summary>GRUB gives an entry of a submenu as names joined so; one that belongs to a name is doubled.</summary>
    private const char PathSeparator = '>';

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    private GrubMenu()
    {
    }

    public List<GrubMenuEntry> Entries { get; } = [];

    /// <summary>Entries come from the files of /boot/loader/entries.</summary>
    public bool ReadsLoaderEntries { get; private set; }

    /// <summary>The last <c>set default=</c> that does not name next_entry.</summary>
    public string Default { get; private set; } = "0";

    /// <summary>Whether next_entry of the environment block is minded.</summary>
    public bool MindsNextEntry { get; private set; }

    /// <summary>A menu has entries; a stub on the ESP only leads to another file.</summary>
    public bool IsMenu => ReadsLoaderEntries || Entries.Count > 0;

    /// <exception cref="IOException">It cannot be understood.</exception>
    public static GrubMenu Parse(string text, string path)
    {
        try
        {
            var menu = new GrubMenu();
            menu.Read(GrubScript.Parse(text));
            return menu;
        }
        catch (IOException e)
        {
            throw new IOException($"{path} cannot be understood: {e.Message}", e);
        }
    }

    /// <summary>A variable that the script itself sets outside of entries.</summary>
    public string? Variable(string name) => _variables.GetValueOrDefault(name);

    /// <summary>The entry that a value of <c>default</c> names: a number, an id or a title, in a submenu behind that of the submenu. The first one where it names none.</summary>
    public GrubMenuEntry? Find(string name) => FindNamed(name) ?? FirstOf(null);

    /// <returns>Null where the value names no entry.</returns>
    public GrubMenuEntry? FindNamed(string name)
    {
        GrubMenuEntry? found = null;
        foreach (var part in SplitPath(name))
        {
            if (found is { IsSubmenu: false } || Entries.Find(e => e.Parent == found && e.IsCalled(part)) is not { } next)
            {
                return null;
            }

            found = next;
        }

        return found is { IsSubmenu: true } ? FirstOf(found) : found;
    }

    /// <summary>Entries that the other menu does not have, or not with all that they need.</summary>
    public IEnumerable<GrubMenuEntry> MissingFrom(GrubMenu other)
        => Entries.Where(e => !e.IsSubmenu && !other.Entries.Exists(o => !o.IsSubmenu && (e.Id is null ? o.Title == e.Title : o.Id == e.Id) && !e.Needs.Except(o.Needs, StringComparer.Ordinal).Any()));

    private GrubMenuEntry? FirstOf(GrubMenuEntry? parent)
    {
        var first = Entries.Find(e => e.Parent == parent);
        return first is { IsSubmenu: true } ? FirstOf(first) : first;
    }

    private static IEnumerable<string> SplitPath(string name)
        => name.Replace(">>", "\0", StringComparison.Ordinal).Split(PathSeparator).Select(static p => p.Replace('\0', PathSeparator));

    private void Read(List<List<GrubWord>> commands)
    {
        // What each open block is: an entry or submenu, or null for another one.
        var blocks = new Stack<GrubMenuEntry?>();
        GrubMenuEntry? opening = null;
        foreach (var command in commands)
        {
            // What a keyword is followed by is a command, too.
            var words = command.Count > 1 && command[0].Text is "then" or "else" or "do" ? command[1..] : command;
            switch (words[0].Text)
            {
                case "{":
                    blocks.Push(opening);
                    opening = null;
                    break;
                case "}":
                    blocks.TryPop(out _);
                    break;
                case "menuentry" or "submenu" when words.Count > 1:
                    opening = Open(words, blocks.FirstOrDefault(static b => b is not null));
                    Entries.Add(opening);
                    break;
                case "linux" or "linux16" or "linuxefi" when words.Count > 1 && blocks.FirstOrDefault(static b => b is not null) is { IsSubmenu: false, Linux: null } entry:
                    entry.Linux = words;
                    break;
                case "blscfg":
                    ReadsLoaderEntries = true;
                    break;
                case "insmod" or "search" or "cryptomount" or "set" or "initrd" or "initrd16" or "initrdefi" or "chainloader" or "configfile"
                    when blocks.FirstOrDefault(static b => b is not null) is { IsSubmenu: false } entry:
                    entry.Needs.Add(string.Join(' ', words.Select(static w => w.Text)));
                    break;
                case "set" when words.Count > 1 && blocks.Count == 0:
                    Assign(words[1].Text);
                    break;
                default:
                    break;
            }
        }
    }

    private GrubMenuEntry Open(List<GrubWord> words, GrubMenuEntry? parent)
    {
        string? id = null;
        for (var i = 2; i + 1 < words.Count; i++)
        {
            if (words[i].Text is "--id" or "$menuentry_id_option" or "${menuentry_id_option}")
            {
                id = GrubScript.Expand(words[i + 1].Text, Variable);
            }
            else if (words[i].Text.StartsWith("--id=", StringComparison.Ordinal))
            {
                id = words[i].Text["--id=".Length..];
            }
        }

        return new GrubMenuEntry(GrubScript.Expand(words[1].Text, Variable), id, parent, Entries.Count(e => e.Parent == parent), words[0].Text is "submenu");
    }

    private void Assign(string assignment)
    {
        var equals = Math.Max(assignment.IndexOf('=', StringComparison.Ordinal), 0);
        var (name, value) = (assignment[..equals], assignment[Math.Min(equals + 1, assignment.Length)..]);
        if (name is not "default")
        {
            _variables[name] = value;
        }
        else if (value.Contains("next_entry", StringComparison.Ordinal))
        {
            MindsNextEntry = true;
        }
        else
        {
            Default = value;
        }
    }
}
