using GuestTune.Controller.Libvirt;

namespace GuestTune.HostController.Tests.Libvirt;

/// <summary>Against libvirt's own test driver: a host and domains that exist only in this process, one set for each connection to a file.</summary>
public sealed class LibvirtConnectionTests : IDisposable
{
    private readonly LibvirtConnection _connection;

    public LibvirtConnectionTests()
    {
        Assert.SkipUnless(System.Runtime.InteropServices.NativeLibrary.TryLoad("libvirt.so.0", out _), "libvirt.so.0 is not installed");
        _connection = LibvirtConnection.Open("test:///default", LibvirtAccess.Write);
    }

    [Fact]
    public void HostSize_OfTheTestDriver_IsItsOwn()
    {
        Assert.Equal(new HostSize(Cpus: 16, CpuNumbers: 16, NumaNodes: 2, MemoryKib: 3145728), _connection.HostSize());
        Assert.StartsWith("<capabilities>", _connection.Capabilities());
        Assert.True(_connection.IsAlive);
    }

    [Fact]
    public void Define_Domain_ListsItAndKeepsItsSecrets()
    {
        using var defined = _connection.Define(Domain("defined"));

        Assert.Contains(defined.Uuid, Uuids(DomainFilter.All));
        Assert.DoesNotContain(defined.Uuid, Uuids(DomainFilter.Running));
        Assert.Equal((DomainState.ShutOff, true, false), (defined.State, defined.IsPersistent, defined.HasJob));
        Assert.DoesNotContain("passwd='secret'", defined.Xml(DomainXmlFlags.Inactive));
        Assert.Contains("passwd='secret'", defined.Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure));

        IEnumerable<Guid> Uuids(DomainFilter filter)
        {
            foreach (var domain in _connection.Domains(filter))
            {
                using (domain)
                {
                    yield return domain.Uuid;
                }
            }
        }
    }

    [Fact]
    public void Define_ElementThatLibvirtDoesNotKnow_IsRefusedWithItsCode()
    {
        var e = Assert.Throws<LibvirtException>(() => _connection.Define(Domain("odd", "<nosuchthing/>")));

        Assert.Equal(92, (int)e.Code); // VIR_ERR_XML_INVALID_SCHEMA
        Assert.Contains("nosuchthing", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IOThreads_AddPinRemove_AreReadBack()
    {
        using var domain = _connection.Find("test");

        domain.AddIOThread(7, DomainAffect.Live);
        domain.PinIOThread(7, [0, 9], DomainAffect.Live);

        var thread = Assert.Single(domain.IOThreads(DomainAffect.Live), t => t.Id == 7);
        Assert.Equal([0, 9], thread.Cpus);
        Assert.DoesNotContain(domain.IOThreads(DomainAffect.Config), t => t.Id == 7);

        domain.RemoveIOThread(7, DomainAffect.Live);
        Assert.DoesNotContain(domain.IOThreads(DomainAffect.Live), t => t.Id == 7);
    }

    [Fact]
    public void Find_UnknownDomain_GivesLibvirtsCodeDomainAndWords()
    {
        var e = Assert.Throws<LibvirtException>(() => _connection.Find("nobody"));

        Assert.Equal((LibvirtErrorCode.NoDomain, 12), (e.Code, e.Domain)); // VIR_FROM_TEST
        Assert.Equal("Domain not found", e.Message);
    }

    [Fact]
    public void DomainCapabilities_OfADriverWithoutThem_IsNoSupport()
    {
        var e = Assert.Throws<LibvirtException>(() => _connection.DomainCapabilities(null, null, null, null));

        Assert.Equal(LibvirtErrorCode.NoSupport, e.Code);
    }

    [Fact]
    public void Open_ForReading_RefusesToWrite()
    {
        using var reader = LibvirtConnection.Open("test:///default", LibvirtAccess.Read);
        using var domain = reader.Find("test");

        var e = Assert.Throws<LibvirtException>(() => domain.AddIOThread(7, DomainAffect.Live));

        Assert.Contains("read only access", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_OfManyThreads_AreEachThreadsOwn() =>
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var e = Assert.Throws<LibvirtException>(() => i % 2 == 0 ? _connection.Find("nobody") : _connection.Define("<domain>"));
            Assert.Equal(i % 2 == 0 ? LibvirtErrorCode.NoDomain : (LibvirtErrorCode)35, e.Code); // VIR_ERR_XML_DETAIL
        });

    public void Dispose() => _connection?.Dispose();

    private static string Domain(string name, string more = "") => $"""
        <domain type='test'>
          <name>{name}</name>
          <memory unit='MiB'>64</memory>
          <os><type>hvm</type></os>
          <devices><graphics type='vnc' port='-1' passwd='secret'/></devices>{more}
        </domain>
        """;
}
