using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Finds before it is written what libvirt takes as a definition and what then keeps the domain from starting.</summary>
internal static class DefinitionPreflight
{
    private static readonly Func<DomainView, XElement, IEnumerable<DefinitionProblem>>[] Checks = [PinCheck.Find, IOThreadCheck.Find, ChannelCheck.Find, HugePageCheck.Find, SecurityModelCheck.Find, TpmCheck.Find, DiskCheck.Find];

    /// <exception cref="PracticeException">What is planned has a problem that the definition had not before.</exception>
    public static void Check(DomainView view, PlanDraft draft, bool force)
    {
        var before = Find(view, view.Persistent.Root);
        var added = Find(view, draft.Planned).Where(p => !before.Contains(p)).ToArray();
        var refused = added.Where(p => !force || !p.MayBeForced).ToArray();
        if (refused.Length > 0)
        {
            var way = Array.TrueForAll(refused, static p => p.MayBeForced) ? ". --force defines it all the same" : "";
            throw PracticeException.Precondition(string.Join("; ", refused.Select(static p => p.Message)) + way);
        }

        foreach (var problem in before.Concat(added))
        {
            draft.Warn(problem.Message);
        }
    }

    public static IReadOnlyList<DefinitionProblem> Find(DomainView view, XElement definition) => [.. Checks.SelectMany(c => c(view, definition))];
}
