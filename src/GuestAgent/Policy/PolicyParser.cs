using System.Buffers;
using GuestTune.Practices.Values;

namespace GuestTune.Agent.Policy;

/// <summary>Reads agent.conf: lines of <c>key = value</c>, and comments. Finds every mistake at once.</summary>
internal sealed class PolicyParser(string path, IReadOnlyList<string> knownPractices)
{
    private const string AllowRpcs = "allow-rpcs";
    private const string DenyRpcs = "deny-rpcs";
    private const string AllowPractices = "allow-practices";
    private const string DenyPractices = "deny-practices";
    private const string Persist = "persist";
    private const string AllowKernelArguments = "allow-kernel-arguments";
    private const int ShownLength = 60;

    private static readonly string[] KnownKeys = [AllowRpcs, DenyRpcs, AllowPractices, DenyPractices, Persist, AllowKernelArguments];
    private static readonly SearchValues<char> PatternCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-*");
    private static readonly char[] ListSeparators = [',', ' ', '\t'];

    private readonly List<string> _mistakes = [];
    private readonly Dictionary<string, (string Value, int Line)> _values = new(StringComparer.Ordinal);

    public static AgentPolicy Parse(string path, string text, IReadOnlyList<string> knownPractices)
        => new PolicyParser(path, knownPractices).Parse(text);

    private AgentPolicy Parse(string text)
    {
        ReadLines(text);
        var rpcs = new NameFilter(ReadList(AllowRpcs, AgentRpc.All, "RPC"), ReadDenied(DenyRpcs, AgentRpc.All, "RPC"));
        var practices = new NameFilter(ReadList(AllowPractices, knownPractices, "practice"), ReadDenied(DenyPractices, knownPractices, "practice"));
        return new AgentPolicy
        {
            ConfigurationPath = path,
            Rpcs = rpcs,
            Practices = practices,
            MayPersist = ReadPersist(),
            KernelArguments = ReadKernelArguments(),
            Mistakes = _mistakes,
        };
    }

    private void ReadLines(string text)
    {
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                _mistakes.Add($"line {number}: '{Shorten(line)}' is not 'key = value'");
                continue;
            }

            var key = line[..equals].TrimEnd();
            if (Array.IndexOf(KnownKeys, key) < 0)
            {
                _mistakes.Add($"line {number}: unknown key '{Shorten(key)}'; known: {string.Join(", ", KnownKeys)}");
            }
            else if (!_values.TryAdd(key, (line[(equals + 1)..].Trim(), number)))
            {
                _mistakes.Add($"line {number}: '{key}' is given a second time");
            }
        }
    }

    /// <returns>Null for all of them.</returns>
    private HashSet<string>? ReadList(string key, IReadOnlyList<string> known, string kind)
    {
        if (!_values.TryGetValue(key, out var entry))
        {
            return null;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var all = false;
        foreach (var name in entry.Value.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (name is "*")
            {
                all = true;
            }
            else if (known.Contains(name, StringComparer.Ordinal))
            {
                names.Add(name);
            }
            else
            {
                _mistakes.Add($"line {entry.Line}: {key} names no {kind} of this agent: '{Shorten(name)}'; known: {string.Join(", ", known)}");
            }
        }

        return all ? null : names;
    }

    /// <returns>Null for all of them, an empty set for none.</returns>
    private HashSet<string>? ReadDenied(string key, IReadOnlyList<string> known, string kind)
        => _values.ContainsKey(key) ? ReadList(key, known, kind) : new HashSet<string>(StringComparer.Ordinal);

    private bool ReadPersist()
    {
        if (!_values.TryGetValue(Persist, out var entry))
        {
            return true;
        }

        if (!BoolValue.Instance.TryNormalize(entry.Value, out var normalized, out _))
        {
            _mistakes.Add($"line {entry.Line}: persist is '{Shorten(entry.Value)}'; allowed are yes and no");
            return false;
        }

        return normalized is "Y";
    }

    /// <returns>Null where the key is not given.</returns>
    private List<NamePattern>? ReadKernelArguments()
    {
        if (!_values.TryGetValue(AllowKernelArguments, out var entry))
        {
            return null;
        }

        var patterns = new List<NamePattern>();
        foreach (var text in entry.Value.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries))
        {
            // An argument with its value would match nothing, and be thought to allow something.
            if (text.AsSpan().ContainsAnyExcept(PatternCharacters))
            {
                _mistakes.Add($"line {entry.Line}: {AllowKernelArguments} has '{Shorten(text)}': give names without values, with letters, digits, _ . - and * for any text");
            }

            patterns.Add(new NamePattern(text));
        }

        return patterns;
    }

    private static string Shorten(string text) => text.Length <= ShownLength ? text : text[..ShownLength] + "...";
}
