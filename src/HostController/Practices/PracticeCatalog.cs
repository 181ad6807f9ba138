using Grpc.Core;
using GuestTune.Controller.Rendering;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Practices;

/// <summary>The practices that this controller knows, and the check of a request against them before any VM is contacted.</summary>
internal static class PracticeCatalog
{
    public static IReadOnlyList<PracticeDefinition> All { get; } = [HaltpollPractice.Definition, PvQspinlockPractice.Definition, KernelArgumentsPractice.Definition, QemuGaPractice.Definition];

    /// <summary>Of a call that may be about any of them.</summary>
    public static TimeSpan LongestTimeLimit => All.Max(static p => p.TimeLimit);

    public static PracticeDefinition? Find(string id) => All.FirstOrDefault(p => string.Equals(p.Id, id, StringComparison.Ordinal));

    /// <exception cref="RpcException">INVALID_ARGUMENT: names every mistake.</exception>
    public static void Check(Desired? desired) => Check(desired, All);

    /// <param name="all">The practices that there are.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: names every mistake.</exception>
    public static void Check(Desired? desired, IReadOnlyList<PracticeDefinition> all)
    {
        if (desired is null)
        {
            throw Invalid("the request says nothing about what is desired");
        }

        var practice = Known(desired.Practice, all);
        var known = string.Join(", ", practice.Settings.Select(s => s.Name).Concat(practice.Free is null ? [] : ["KEY"]));
        if (desired.Settings.Count == 0)
        {
            throw Invalid($"no setting of {practice.Id} is given; it has: {known}");
        }

        var mistakes = desired.Settings
            .Select(s => practice.Settings.FirstOrDefault(k => string.Equals(k.Name, s.Key, StringComparison.Ordinal)) is { } setting
                ? setting.Check(s.Key, s.Value)
                : practice.Free is not null ? FreeSettings.Check(s.Key, s.Value)
                : $"{practice.Id} has no setting '{TerminalText.Escape(s.Key, 80)}'; it has: {known}")
            .OfType<string>()
            .ToArray();
        if (mistakes.Length > 0)
        {
            throw Invalid(string.Join("\n", mistakes));
        }
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: no such practice.</exception>
    public static PracticeDefinition Known(string id) => Known(id, All);

    /// <exception cref="RpcException">INVALID_ARGUMENT: no such practice.</exception>
    public static PracticeDefinition Known(string id, IReadOnlyList<PracticeDefinition> all) =>
        all.FirstOrDefault(p => string.Equals(p.Id, id, StringComparison.Ordinal))
        ?? throw Invalid($"there is no practice '{TerminalText.Escape(id, 80)}'; known: {string.Join(", ", all.Select(p => p.Id))}");

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
