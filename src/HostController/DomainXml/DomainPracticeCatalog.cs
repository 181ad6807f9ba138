using GuestTune.Controller.DomainXml.IOThreads;
using GuestTune.Controller.Practices;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>The practices that are in the definition of a domain. A further one is one more here: commands, options, completion and checks follow from it.</summary>
internal static class DomainPracticeCatalog
{
    public const string Force = "define what keeps the domain from starting on this host as it is now";

    /// <summary>libvirt answers in milliseconds, but for the first question for its capabilities, when it may start every QEMU there is.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    public static IReadOnlyList<PracticeDefinition> All { get; } = [IOThreadsDefinition.Definition];

    public static IEnumerable<IPractice> Open(DomainView view) => [new IOThreadsPractice(view)];
}
