using Grpc.Core;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Selection;

/// <summary>
/// Turns what a caller asked for into VMs. A name that does not exist and a selection without a VM are errors: a typing
/// mistake must never end as "nothing to do".
/// </summary>
internal static class VmSelector
{
    public const string NoSourceHint =
        "no source of VMs is configured: give an inventory file (--inventory FILE) or a libvirt URI (--connect URI)";

    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT: the selection cannot be right; NOT_FOUND: no such VM; FAILED_PRECONDITION: a source that had to be asked failed.
    /// </exception>
    public static IReadOnlyList<VmEntry> Select(VmCatalogSnapshot catalog, V1.Selection? selection)
    {
        selection ??= new V1.Selection();
        if (selection.All && selection.Names.Count > 0)
        {
            throw Error(StatusCode.InvalidArgument, "names of VMs and --all exclude each other; give one or the other");
        }

        if (!selection.All && selection.Names.Count == 0 && selection.Labels.Count == 0)
        {
            throw Error(StatusCode.InvalidArgument, "no VM was named; name VMs, or select them by label (--label), or take all of them (--all)");
        }

        var filters = Filters(selection);
        var named = Named(catalog, selection);

        // Only names that were all found by themselves need no other source; anything else might be incomplete.
        if (catalog.Failures.Count > 0 && (named is null || selection.Names.Any(Glob.IsPattern)))
        {
            throw Error(StatusCode.FailedPrecondition, string.Join("\n", catalog.Failures));
        }

        var selected = (named ?? catalog.Vms).Where(vm => filters.All(f => f.Matches(vm))).ToArray();
        return selected.Length > 0 ? selected : throw NothingSelected(catalog, selection);
    }

    /// <summary>As <see cref="Select"/>, but nothing asked for means all, and no VM at all is an answer.</summary>
    public static IReadOnlyList<VmEntry> List(VmCatalogSnapshot catalog, V1.Selection? selection)
    {
        if (selection is not null && (selection.Names.Count > 0 || selection.Labels.Count > 0))
        {
            return Select(catalog with { Failures = [] }, selection);
        }

        return catalog.Vms;
    }

    private static LabelFilter[] Filters(V1.Selection selection) =>
    [
        .. selection.Labels.Select(text => LabelFilter.TryParse(text) ?? throw Error(
            StatusCode.InvalidArgument,
            $"'{TerminalText.Escape(text, 80)}' is no label filter; give key=value, or key for any value, with a key of {LabelSyntax.KeyRule}")),
    ];

    private static List<VmEntry>? Named(VmCatalogSnapshot catalog, V1.Selection selection)
    {
        if (selection.Names.Count == 0)
        {
            return null;
        }

        var byName = catalog.Vms.ToDictionary(vm => vm.Name, StringComparer.Ordinal);
        var chosen = new HashSet<string>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var name in selection.Names)
        {
            // libvirt allows names with brackets: a name that exists is that VM, whatever it looks like.
            if (byName.ContainsKey(name))
            {
                chosen.Add(name);
            }
            else if (Glob.IsPattern(name))
            {
                var before = chosen.Count;
                var matches = catalog.Vms.Where(vm => Glob.Matches(name, vm.Name)).Select(vm => vm.Name).ToArray();
                chosen.UnionWith(matches);
                if (matches.Length == 0 && before == chosen.Count)
                {
                    problems.Add($"no VM matches '{TerminalText.Escape(name, 80)}'");
                }
            }
            else
            {
                problems.Add(Unknown(name, byName.Keys));
            }
        }

        if (problems.Count > 0)
        {
            throw Error(catalog.Failures.Count > 0 ? StatusCode.FailedPrecondition : StatusCode.NotFound, string.Join("\n", [.. problems, .. Hints(catalog)]));
        }

        return [.. catalog.Vms.Where(vm => chosen.Contains(vm.Name))];
    }

    private static string Unknown(string name, IEnumerable<string> known)
    {
        var near = NearMatches.Of(name, known).Select(n => $"'{TerminalText.Escape(n, 80)}'").ToArray();
        var hint = near.Length == 0 ? "'guesttune vms' lists them" : $"did you mean {string.Join(" or ", near)}?";
        return $"there is no VM '{TerminalText.Escape(name, 80)}'; {hint}";
    }

    private static RpcException NothingSelected(VmCatalogSnapshot catalog, V1.Selection selection)
    {
        if (catalog.Vms.Count == 0)
        {
            return Error(StatusCode.NotFound, string.Join("\n", ["there are no VMs", .. Hints(catalog)]));
        }

        return Error(StatusCode.NotFound, $"no VM{(selection.Names.Count > 0 ? " of those named" : "")} has the label{(selection.Labels.Count == 1 ? "" : "s")} {TerminalText.Escape(string.Join(", ", selection.Labels), 200)}");
    }

    private static IEnumerable<string> Hints(VmCatalogSnapshot catalog) =>
        catalog.SourceCount == 0
            ? [NoSourceHint]
            : catalog.Failures;

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
