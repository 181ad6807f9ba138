namespace GuestTune.HostController.Tests.Fakes;

/// <summary>
/// A libvirt of a test's own: its test driver over a file, with one domain that runs. test:///default is one for the whole process, so that tests would see one another's changes;
/// of a file, connections that read and that write each have a copy.
/// </summary>
internal static class LibvirtNode
{
    public const string Domain = "test";

    /// <returns>Its URI.</returns>
    public static string Create(TemporaryDirectory directory) => "test://" + directory.File("node.xml", $"""
        <node>
          <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>{Domain}</name><uuid>5f0b6a0e-5a10-4c1b-9f5e-0c0f0e0d0c0b</uuid><memory>8192</memory><vcpu>2</vcpu><os><type>hvm</type></os>
            <devices><disk type='file' device='disk'><source file='/guest/a.img'/><target dev='vda' bus='virtio'/></disk></devices></domain>
          <cpu><mhz>6000</mhz><model>i986</model><active>8</active><nodes>1</nodes><sockets>1</sockets><cores>8</cores><threads>1</threads></cpu>
          <memory>8000000</memory>
        </node>
        """);
}
