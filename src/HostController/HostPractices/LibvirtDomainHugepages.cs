using System.Xml.Linq;
using GuestTune.Controller.DomainXml.HugePages;
using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.HostPractices;

/// <summary>What libvirt's domains need of static pages: of those that run as they run, else as they are defined.</summary>
/// <param name="isPresent">Whether there is a libvirt to ask; to look for it takes longer than all the rest.</param>
internal sealed class LibvirtDomainHugepages(string uri, Func<bool> isPresent, TimeProvider time) : IDomainHugepages
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    public IReadOnlyList<DomainHugepages> Read(out string? problem)
    {
        if (!isPresent())
        {
            problem = "no libvirt runs on this host";
            return [];
        }

        try
        {
            (var needs, problem) = ReadAsync().GetAwaiter().GetResult();
            return needs;
        }
        catch (LibvirtException e)
        {
            problem = $"libvirt {uri}: {e.Message}";
            return [];
        }
    }

    private async Task<(IReadOnlyList<DomainHugepages> Needs, string? Problem)> ReadAsync()
    {
        await using var client = new LibvirtClient(uri, LibvirtAccess.Read, time);
        return await client.AskAsync(static connection => Read(connection), CancellationToken.None, TimeLimit);
    }

    private static (IReadOnlyList<DomainHugepages> Needs, string? Problem) Read(LibvirtConnection connection)
    {
        var needs = new List<DomainHugepages>();
        var problems = new List<string>();
        foreach (var domain in connection.Domains(DomainFilter.All))
        {
            using (domain)
            {
                try
                {
                    needs.AddRange(Of(domain));
                }
                catch (LibvirtException e) when (e.Code == LibvirtErrorCode.Rpc && connection.IsAlive)
                {
                    problems.Add($"libvirt cannot hand over the definition of {domain.Name}, which is too large: {e.Message}");
                }
            }
        }

        return (needs, problems.Count == 0 ? null : string.Join("; ", problems));
    }

    private static DomainHugepages[] Of(LibvirtDomain domain)
    {
        try
        {
            var isRunning = domain.State is not (DomainState.ShutOff or DomainState.Crashed);
            var sizes = HugePageNeed.Of(XElement.Parse(domain.Xml(DomainXmlFlags.Live)));
            return [.. sizes.Select(n => new DomainHugepages(domain.Name, (ulong)n.SizeKib, (ulong)n.MemoryKib, isRunning))];
        }
        catch (LibvirtException e) when (e.Code == LibvirtErrorCode.NoDomain)
        {
            // It has gone meanwhile.
            return [];
        }
    }
}
