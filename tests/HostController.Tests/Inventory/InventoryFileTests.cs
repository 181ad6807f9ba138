using GuestTune.Controller.Inventory;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.Inventory;

public sealed class InventoryFileTests
{
    [Fact]
    public async Task ListAsync_FileChanges_IsReadAgain()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("i.yaml", "vms: [{name: a, channel: /a}]");
        var file = new InventoryFile(path);
        Assert.Single(await file.ListAsync(default));

        File.WriteAllText(path, "vms: [{name: a, channel: /a}, {name: b, channel: /b}]");

        Assert.Equal(2, (await file.ListAsync(default)).Count);
    }

    [Fact]
    public async Task ListAsync_NoFile_SaysSo()
    {
        using var directory = new TemporaryDirectory();

        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await new InventoryFile(directory.PathOf("none")).ListAsync(default));

        Assert.Equal($"inventory {directory.PathOf("none")}: no such file", error.Message);
    }

    [Fact]
    public async Task ListAsync_Directory_SaysSo()
    {
        using var directory = new TemporaryDirectory();

        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await new InventoryFile(directory.Path).ListAsync(default));

        Assert.Contains("is a directory", error.Message);
    }

    [Fact]
    public async Task ListAsync_HugeFile_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.PathOf("disk.img");
        await using (var file = File.Create(path))
        {
            file.SetLength(1L << 40);
        }

        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await new InventoryFile(path).ListAsync(default));

        Assert.Contains("at most 16777216 bytes are read", error.Message);
    }

    [Fact]
    public async Task ListAsync_EndlessFile_IsRefused()
    {
        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await new InventoryFile("/dev/zero").ListAsync(default));

        Assert.Contains("at most 16777216 bytes are read", error.Message);
    }

    [Fact]
    public async Task ListAsync_NotUtf8_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.PathOf("latin1.yaml");
        await File.WriteAllBytesAsync(path, "vms:\n- {name: b\u00e4r, channel: a}\n"u8.ToArray());
        Assert.Equal("b\u00e4r", (await new InventoryFile(path).ListAsync(default)).Single().Name);
        await File.WriteAllBytesAsync(path, System.Text.Encoding.Latin1.GetBytes("vms:\n- {name: b\u00e4r, channel: a}\n"));

        var error = await Assert.ThrowsAsync<VmSourceException>(async () => await new InventoryFile(path).ListAsync(default));

        Assert.Contains("not valid YAML", error.Message);
    }
}
