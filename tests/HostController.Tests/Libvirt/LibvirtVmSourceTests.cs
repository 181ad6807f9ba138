using System.Runtime.InteropServices;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;

namespace GuestTune.HostController.Tests.Libvirt;

public sealed class LibvirtVmSourceTests
{
    [Fact]
    public async Task ListAsync_TestDriver_ListsItsRunningDomain()
    {
        SkipWithoutLibvirt();

        var vms = await new LibvirtVmSource("test:///default").ListAsync(default);

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

        var source = new LibvirtVmSource("test:///default");
        var lists = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => source.ListAsync(default).AsTask()));

        Assert.All(lists, list => Assert.Single(list));
    }

    [Fact]
    public async Task ListAsync_UnknownDriver_GivesLibvirtsWords()
    {
        SkipWithoutLibvirt();

        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await new LibvirtVmSource("nosuch:///x").ListAsync(default));

        var inner = Assert.IsType<LibvirtException>(error.InnerException);
        Assert.NotEqual(0, inner.Code);
        Assert.Equal($"libvirt nosuch:///x cannot be asked: {inner.Message}", error.Message);
    }

    private static void SkipWithoutLibvirt()
    {
        if (!NativeLibrary.TryLoad("libvirt.so.0", out _))
        {
            Assert.Skip("libvirt.so.0 is not installed");
        }
    }
}
