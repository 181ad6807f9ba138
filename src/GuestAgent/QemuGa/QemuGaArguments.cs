namespace GuestTune.Agent.QemuGa;

/// <summary>The arguments of a qemu-ga, read as its getopt_long(3) reads them: options anywhere, long ones as short as they are unambiguous (qga/main.c, config_parse).</summary>
/// <param name="Strays">Words that are neither options nor their values: qemu-ga ignores them.</param>
internal sealed record QemuGaArguments(RpcLists Lists, IReadOnlyList<string> Strays, string Method, string? ConfigPath)
{
    private const string DefaultMethod = "virtio-serial";

    /// <summary>All options of all versions; a value is Required, Optional (only in the same word) or None.</summary>
    private static readonly (string Name, char Short, OptionValue Value)[] Options =
    [
        ("method", 'm', OptionValue.Required), ("path", 'p', OptionValue.Required), ("logfile", 'l', OptionValue.Required),
        ("pidfile", 'f', OptionValue.Required), ("fsfreeze-hook", 'F', OptionValue.Optional), ("verbose", 'v', OptionValue.None),
        ("version", 'V', OptionValue.None), ("daemonize", 'd', OptionValue.None), ("help", 'h', OptionValue.None),
        ("dump-conf", 'D', OptionValue.None), ("blacklist", 'b', OptionValue.Required), ("block-rpcs", 'b', OptionValue.Required),
        ("allow-rpcs", 'a', OptionValue.Required), ("service", 's', OptionValue.Required), ("statedir", 't', OptionValue.Required),
        ("retry-path", 'r', OptionValue.None), ("config", 'c', OptionValue.Required),
    ];

    private enum OptionValue
    {
        None,
        Optional,
        Required,
    }

    /// <param name="words">Without the program's name.</param>
    public static QemuGaArguments Parse(IEnumerable<string> words)
    {
        var blocked = new List<string>();
        List<string>? allowed = null;
        var strays = new List<string>();
        var method = DefaultMethod;
        string? config = null;
        var pending = new Queue<string>(words);
        while (pending.TryDequeue(out var word))
        {
            if (word is "--")
            {
                strays.AddRange(pending);
                break;
            }

            foreach (var (option, value) in OptionsOf(word, pending, strays))
            {
                switch (option)
                {
                    case 'b':
                        blocked.AddRange(RpcLists.Split(value));
                        break;
                    case 'a':
                        (allowed ??= []).AddRange(RpcLists.Split(value));
                        break;
                    case 'm':
                        method = value;
                        break;
                    case 'c':
                        config = value;
                        break;
                }
            }
        }

        return new QemuGaArguments(new RpcLists(blocked, allowed), strays, method, config);
    }

    private static IEnumerable<(char Option, string Value)> OptionsOf(string word, Queue<string> pending, List<string> strays)
    {
        if (word.StartsWith("--", StringComparison.Ordinal))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word[2..] : word[2..equals];
            var found = Array.Find(Options, o => o.Name == name);
            found = found.Name is null ? Array.Find(Options, o => o.Name.StartsWith(name, StringComparison.Ordinal)) : found;
            if (found.Name is not null)
            {
                yield return (found.Short, equals >= 0 ? word[(equals + 1)..] : ValueOf(found.Value, pending));
            }

            yield break;
        }

        if (word is not ['-', _, ..])
        {
            strays.Add(word);
            yield break;
        }

        // -vrbNAME: letters without a value, then one whose value is the rest of the word or the next one.
        for (var i = 1; i < word.Length; i++)
        {
            var found = Array.Find(Options, o => o.Short == word[i]);
            if (found.Name is null || found.Value == OptionValue.None)
            {
                continue;
            }

            yield return (found.Short, i + 1 < word.Length ? word[(i + 1)..] : ValueOf(found.Value, pending));
            yield break;
        }
    }

    private static string ValueOf(OptionValue value, Queue<string> pending)
        => value == OptionValue.Required && pending.TryDequeue(out var next) ? next : string.Empty;
}
