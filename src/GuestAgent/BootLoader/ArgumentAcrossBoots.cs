using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Agent.BootLoader;

/// <summary>One kernel argument as this boot got it and as the next one will.</summary>
/// <param name="Now">Empty for a key alone, null where it is not given.</param>
/// <param name="Next">As <paramref name="Now"/>; null also where nobody knows.</param>
/// <param name="NextSource">The file that says so, or what is known of it.</param>
/// <param name="NextProblem">Why the next boot's is not known.</param>
internal sealed record ArgumentAcrossBoots(string Key, string? Now, string? Next, string NextSource, string? NextProblem)
{
    private const string UnknownSource = "boot loader";

    /// <summary>Read as a bool, whose name alone means yes (kernel/params.c, param_set_bool).</summary>
    public bool IsOn => IsYes(Next);

    public bool WasOn => IsYes(Now);

    /// <summary>Name of the change to it.</summary>
    public string Item => BootArguments.ItemPrefix + Key;

    /// <returns>The key of a change to an argument; null for other changes.</returns>
    public static string? KeyOf(string item) => item.StartsWith(BootArguments.ItemPrefix, StringComparison.Ordinal) ? item[BootArguments.ItemPrefix.Length..] : null;

    public static ArgumentAcrossBoots Read(RootedFileSystem files, NextBoot next, string key)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(next);
        var now = ArgumentLine.Find(files.ReadText(KernelCommandLine.Source).Value ?? string.Empty, key);
        return next.Default is { } entry
            ? new ArgumentAcrossBoots(key, now, ArgumentLine.Find(entry.CommandLine, key), entry.Source, null)
            : new ArgumentAcrossBoots(key, now, null, UnknownSource, next.Problem ?? "no default entry was found");
    }

    /// <summary>Both, as evidence; a key alone shows as the kernel's bools do.</summary>
    public void AddTo(List<Fact> facts)
    {
        facts.Add(new Fact(Key, Scope.Context, Show(Now), KernelCommandLine.Source, Now is null ? "not given" : null));
        facts.Add(NextFact());
    }

    public Fact NextFact() => new(Key, Scope.Persistent, Show(Next), NextSource, NextProblem ?? (Next is null ? "not given" : null));

    private static bool IsYes(string? value)
        => value is not null && (value.Length == 0 || (BoolValue.Instance.TryNormalize(value, out var normalized, out _) && normalized is "Y"));

    private static string? Show(string? value) => value is "" ? "Y" : value;
}
