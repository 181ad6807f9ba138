using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>Gathers the evidence of an observation.</summary>
internal sealed class DomainFacts(DomainView view)
{
    private readonly List<Fact> _facts = [];

    public IReadOnlyList<Fact> All => _facts;

    /// <summary>The same of the definition and of the running domain.</summary>
    public void Add(string name, Func<XElement, string?> read)
    {
        _facts.Add(new Fact(name, Scope.Persistent, read(view.Persistent.Root), "persistent definition"));
        if (view.Live is { } live)
        {
            _facts.Add(new Fact(name, Scope.InForce, read(live.Root), "running domain"));
        }
    }

    public void Add(string name, string? value, string source, string? problem = null) => _facts.Add(new Fact(name, Scope.Context, value, source, problem));

    public void AddInForce(string name, string? value, string source, string? problem = null) => _facts.Add(new Fact(name, Scope.InForce, value, source, problem));
}
