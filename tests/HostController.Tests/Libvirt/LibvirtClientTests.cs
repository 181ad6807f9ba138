using GuestTune.Controller.Libvirt;
using GuestTune.PrivateLibvirts;

namespace GuestTune.HostController.Tests.Libvirt;

/// <summary>A real daemon that is killed, hangs and comes back, under a client.</summary>
[Collection(SharedLibvirt.Collection)]
public sealed class LibvirtClientTests(SharedLibvirt shared)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    private readonly PrivateLibvirt _libvirt = shared.Take();

    [Fact]
    public async Task Ask_DaemonKilledInTheMiddle_SaysSoAndTheNextOneWorks()
    {
        await using var client = new LibvirtClient(_libvirt.Uri, LibvirtAccess.Write, new TimeThatStands());
        await client.AskAsync(c => c.HostSize(), default, Long);
        var isAsking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _libvirt.Pause();
        var asked = client.AskAsync(
            c =>
            {
                isAsking.SetResult();
                return c.HostSize();
            },
            default,
            Long);
        await isAsking.Task;

        _libvirt.Kill();

        var e = await Assert.ThrowsAsync<LibvirtException>(() => asked);
        Assert.True(e.IsConnectionLost);
        Assert.Contains("the connection was lost before it answered", e.Message, StringComparison.Ordinal);
        var next = client.AskAsync(c => c.HostSize(), default, Long);
        _libvirt.Start();
        Assert.True((await next).Cpus > 0);
    }

    [Fact]
    public async Task Ask_ConnectionDisposedOfInTheMiddle_IsALostConnection()
    {
        await using var client = new LibvirtClient("test:///default", LibvirtAccess.Read, TimeProvider.System);

        var e = await Assert.ThrowsAsync<LibvirtException>(() => client.AskAsync(
            static c =>
            {
                c.Dispose();
                return c.HostSize();
            },
            default,
            Long));

        Assert.True(e.IsConnectionLost);
        Assert.True((await client.AskAsync(static c => c.HostSize(), default, Long)).Cpus > 0);
    }

    [Fact]
    public async Task Ask_DaemonHangs_GivesUpAndWorksWhenItGoesOn()
    {
        await using var client = new LibvirtClient(_libvirt.Uri, LibvirtAccess.Read, TimeProvider.System);
        await client.AskAsync(c => c.HostSize(), default, Long);
        _libvirt.Pause();

        var e = await Assert.ThrowsAsync<LibvirtException>(() => client.AskAsync(c => c.HostSize(), default, TimeSpan.FromMilliseconds(100)));

        Assert.Equal("it gave no answer within 0.1 s; is its daemon hanging?", e.Message);
        _libvirt.Resume();
        await client.AskAsync(c => c.HostSize(), default, Long);
    }

    [Fact]
    public async Task Ask_NobodyListens_GivesLibvirtsWordsAtOnce()
    {
        _libvirt.Kill();
        await using var client = new LibvirtClient(_libvirt.Uri, LibvirtAccess.Read, TimeProvider.System);

        var e = await Assert.ThrowsAsync<LibvirtException>(() => client.AskAsync(c => c.HostSize(), default, Long));

        Assert.Equal(LibvirtErrorCode.SystemError, e.Code);
        Assert.Contains("Failed to connect socket", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Domain_OfTheRealDriver_IsChangedWhileItRuns()
    {
        _libvirt.Run("changed");
        await using var client = new LibvirtClient(_libvirt.Uri, LibvirtAccess.Write, TimeProvider.System);

        await client.DoAsync(
            connection =>
            {
                using var domain = connection.Find("changed");
                Assert.Equal((DomainState.Paused, true, false), (domain.State, domain.IsPersistent, domain.HasJob));
                domain.AddIOThread(3, DomainAffect.Live | DomainAffect.Config);
                domain.PinIOThread(3, [0], DomainAffect.Live);
                Assert.Equal([0], Assert.Single(domain.IOThreads(DomainAffect.Live)).Cpus);
                Assert.Contains("<iothreads>1</iothreads>", domain.Xml(DomainXmlFlags.Inactive), StringComparison.Ordinal);
                var e = Assert.Throws<LibvirtException>(() => domain.AttachDevice("<channel type='unix'><target type='virtio' name='x'/></channel>", DomainAffect.Live));
                Assert.Contains("virtio-serial", e.Message, StringComparison.Ordinal);
                Assert.Contains("<domainCapabilities>", connection.DomainCapabilities(null, "x86_64", null, "qemu"), StringComparison.Ordinal);
                Assert.True(connection.FreePages(0, 4) > 0);
            },
            default,
            Long);
    }

    /// <summary>A daemon is waited for however long its start takes.</summary>
    private sealed class TimeThatStands : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
