using System.Net.Sockets;
using System.Runtime.InteropServices;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.Libvirt;

public sealed class LibvirtVmSourceTests
{
    [Fact]
    public async Task ListAsync_TestDriver_ListsItsRunningDomain()
    {
        SkipWithoutLibvirt();

        var vms = await Source("test:///default").ListAsync(default);

        var vm = Assert.Single(vms);
        Assert.Equal("test", vm.Name);
        Assert.Equal("test:///default", vm.Source);
        Assert.Null(vm.Channel);
        Assert.Contains("has no channel org.guesttune.agent.0", vm.Problem);
    }

    [Fact]
    public async Task ListAsync_ManyTimesAtOnce_IsSafe()
    {
        SkipWithoutLibvirt();

        var source = Source("test:///default");
        var lists = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => source.ListAsync(default).AsTask()));

        Assert.All(lists, list => Assert.Single(list));
    }

    [Fact]
    public async Task ListAsync_UnknownDriver_GivesLibvirtsWords()
    {
        SkipWithoutLibvirt();

        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await Source("nosuch:///x").ListAsync(default));

        var inner = Assert.IsType<LibvirtException>(error.InnerException);
        Assert.NotEqual(LibvirtErrorCode.None, inner.Code);
        Assert.Equal($"libvirt nosuch:///x cannot be asked: {inner.Message}", error.Message);
    }

    [Fact]
    public async Task ListAsync_DaemonHangs_GivesUpAndAsksItOnlyOnce()
    {
        SkipWithoutLibvirt();
        using var directory = new TemporaryDirectory();
        using var hanging = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        hanging.Bind(new UnixDomainSocketEndPoint(directory.PathOf("libvirt-sock")));
        hanging.Listen();
        var connections = new List<Socket>();
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepting = Task.Run(async () =>
        {
            while (true)
            {
                connections.Add(await hanging.AcceptAsync());
                connected.TrySetResult();
            }
        });
        var source = Source($"qemu+unix:///system?socket={directory.PathOf("libvirt-sock")}", TimeSpan.FromMilliseconds(300));

        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<VmSourceException>(async () => await source.ListAsync(default));
            Assert.Contains("gave no answer within 0.3 s", error.Message);
        }

        await connected.Task;
        Assert.Single(connections);
        hanging.Dispose();
        await Task.WhenAny(accepting);
        connections.ForEach(c => c.Dispose());
    }

    private static LibvirtVmSource Source(string uri, TimeSpan? patience = null) =>
        new(new LibvirtClient(uri, LibvirtAccess.Read, TimeProvider.System), patience ?? TimeSpan.FromMinutes(2));

    private static void SkipWithoutLibvirt()
    {
        if (!NativeLibrary.TryLoad("libvirt.so.0", out _))
        {
            Assert.Skip("libvirt.so.0 is not installed");
        }
    }
}
