namespace GuestTune.Testing.Tests.Machines;

public sealed class VmFolderTests
{
    [Fact]
    public void Create_PathTooLongForASocket_SaysSo()
    {
        var parent = Directory.CreateTempSubdirectory();
        var options = new TestVmOptions { Folder = Path.Combine(parent.FullName, new string('x', 90)) };

        var error = Assert.Throws<TestVmException>(() => VmFolder.Create(options));

        Assert.Contains("107", error.Message, StringComparison.Ordinal);
        parent.Delete(recursive: true);
    }
}
