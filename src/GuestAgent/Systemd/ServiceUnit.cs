using GuestTune.Practices.Files;

namespace GuestTune.Agent.Systemd;

/// <summary>A service as its files have it (systemd.unit(5), "Unit File Load Path"): the unit, its drop-ins, and the environment that they name.</summary>
internal sealed class ServiceUnit
{
    private const string Section = "Service";

    /// <summary>The first that has a file of a name wins.</summary>
    private static readonly string[] Directories =
        ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

    private ServiceUnit(string name, string fragment, IReadOnlyList<string> dropIns, ExecCommand? start, string? startSource, IReadOnlyList<string> environmentFiles)
    {
        Name = name;
        Fragment = fragment;
        DropIns = dropIns;
        Start = start;
        StartSource = startSource;
        EnvironmentFiles = environmentFiles;
    }

    public string Name { get; }

    /// <summary>The unit's own file.</summary>
    public string Fragment { get; }

    /// <summary>In the order in which they count: a later one overrules.</summary>
    public IReadOnlyList<string> DropIns { get; }

    /// <summary>Null where the unit is masked or starts nothing.</summary>
    public ExecCommand? Start { get; }

    /// <summary>The file whose ExecStart= counts.</summary>
    public string? StartSource { get; }

    /// <summary>Those that exist.</summary>
    public IReadOnlyList<string> EnvironmentFiles { get; }

    public static string DropInDirectory(string unit) => $"/etc/systemd/system/{unit}.d";

    /// <summary>Whether systemd is what runs services here, as sd_booted(3) asks.</summary>
    public static bool SystemdRuns(RootedFileSystem files) => files.DirectoryExists("/run/systemd/system");

    /// <param name="without">Path of a drop-in that is left out: what the unit would be without it.</param>
    /// <returns>Null where there is no such unit.</returns>
    public static ServiceUnit? Load(RootedFileSystem files, string name, string? without = null)
    {
        var fragment = Array.Find(Directories.Select(d => $"{d}/{name}").ToArray(), files.FileExists);
        if (fragment is null)
        {
            return null;
        }

        var dropIns = DropInsOf(files, name);
        dropIns.Remove(without ?? string.Empty);
        string? start = null;
        string? startSource = null;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        var environmentFiles = new List<string>();
        foreach (var path in dropIns.Prepend(fragment))
        {
            var text = files.ReadText(path).Text ?? string.Empty;
            foreach (var value in UnitFile.Values(text, Section, "ExecStart"))
            {
                (start, startSource) = value.Length == 0 ? (null, null) : (value, path);
            }

            foreach (var value in UnitFile.Values(text, Section, "Environment"))
            {
                AddEnvironment(value, environment);
            }

            foreach (var value in UnitFile.Values(text, Section, "EnvironmentFile"))
            {
                AddFile(value, environmentFiles);
            }
        }

        // Files count after Environment=, whatever the order in the unit (systemd.exec(5)).
        environmentFiles.RemoveAll(f => !files.FileExists(f));
        foreach (var (key, value) in environmentFiles.SelectMany(f => EnvironmentFile.Parse(files.ReadText(f).Text ?? string.Empty)))
        {
            environment[key] = value;
        }

        return new ServiceUnit(name, fragment, dropIns, start is null ? null : ExecCommand.Parse(start, environment), startSource, environmentFiles);
    }

    private static List<string> DropInsOf(RootedFileSystem files, string name)
    {
        var byName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var directory in Directories)
        {
            foreach (var file in files.ListNames($"{directory}/{name}.d", ".conf"))
            {
                byName.TryAdd(file, $"{directory}/{name}.d/{file}");
            }
        }

        return [.. byName.Values];
    }

    private static void AddEnvironment(string value, Dictionary<string, string> environment)
    {
        if (value.Length == 0)
        {
            environment.Clear();
            return;
        }

        // The same quoting as a command line, without a program in front and without variables.
        foreach (var word in ExecCommand.Parse(":environment " + value, environment).Words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                environment[word[..equals]] = word[(equals + 1)..];
            }
        }
    }

    private static void AddFile(string value, List<string> list)
    {
        if (value.Length == 0)
        {
            list.Clear();
        }
        else if (value.TrimStart('-') is ['/', ..] path)
        {
            list.Add(path);
        }
    }
}
