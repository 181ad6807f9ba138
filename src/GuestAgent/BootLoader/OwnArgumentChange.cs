namespace GuestTune.Agent.BootLoader;

/// <summary>Works out which arguments of our own give a key a value; others' are never taken away, only overruled by one behind them.</summary>
internal static class OwnArgumentChange
{
    /// <param name="value">Empty: the key alone; null: no argument of this key.</param>
    /// <exception cref="IOException">Somebody else's argument would have to go.</exception>
    public static IReadOnlyList<KernelArgument> Apply(IReadOnlyList<KernelArgument> own, BootEntry entry, string key, string? value)
    {
        if (own.Where(a => KernelArgument.IsSameKey(a.Key, key)).ToList() is [var only] && string.Equals(only.Value ?? string.Empty, value, StringComparison.Ordinal))
        {
            // In its place among the others, so that doing it twice changes no byte.
            return own;
        }

        List<KernelArgument> others = [.. own.Where(a => !KernelArgument.IsSameKey(a.Key, key))];
        var without = ValueWithout(own, entry, key);
        if (string.Equals(without, value, StringComparison.Ordinal))
        {
            return others;
        }

        return value is not null ? [.. others, new KernelArgument(key, value.Length == 0 ? null : value)]
            : throw new IOException($"{key}{(without!.Length == 0 ? string.Empty : "=" + without)} was not added by GuestTune, and only what it added is taken out again: remove it by hand ({entry.Source})");
    }

    public static bool Contains(IReadOnlyList<KernelArgument> own, string key) => own.Any(a => KernelArgument.IsSameKey(a.Key, key));

    /// <summary>What the key would be without our own arguments.</summary>
    public static string? ValueWithout(IReadOnlyList<KernelArgument> own, BootEntry entry, string key)
        => ArgumentLine.Find(ArgumentLine.Exchange(entry.CommandLine, [.. own.Where(a => KernelArgument.IsSameKey(a.Key, key))], []), key);
}
