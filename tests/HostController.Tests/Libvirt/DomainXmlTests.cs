using GuestTune.Controller.Channel;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.QemuGa;

namespace GuestTune.HostController.Tests.Libvirt;

public sealed class DomainXmlTests
{
    [Fact]
    public void ToEntry_ChannelOfARunningDomain_GivesSocketAndLabels()
    {
        const string xml = """
            <domain type='kvm' id='3'>
              <metadata>
                <gt:labels xmlns:gt='urn:guesttune:v1'><gt:label key='role' value='db'/><gt:label key='bad key' value='x'/></gt:labels>
                <other xmlns='urn:other'><label key='no' value='x'/></other>
              </metadata>
              <devices>
                <channel type='unix'><source mode='bind' path='/run/q'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
                <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
                <channel type='unix'>
                  <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-3-vm1/org.guesttune.agent.0'/>
                  <target type='virtio' name='org.guesttune.agent.0' state='connected'/>
                </channel>
              </devices>
            </domain>
            """;

        var vm = DomainXml.ToEntry("vm1", "qemu:///system", xml, canConnect: path => path.EndsWith("/domain-3-vm1/org.guesttune.agent.0", StringComparison.Ordinal));
        var remote = DomainXml.ToEntry("vm1", "qemu+tls://host2/system", xml, canConnect: _ => false);

        Assert.Equal(new SocketChannel("/var/lib/libvirt/qemu/channel/target/domain-3-vm1/org.guesttune.agent.0"), vm.Channel);
        Assert.Equal(new LibvirtChannel("qemu+tls://host2/system", "vm1"), remote.Channel);
        Assert.Equal("org.guesttune.agent.0 through qemu+tls://host2/system", remote.Channel?.Name);
        Assert.Null(vm.Problem);
        Assert.Equal(["role"], vm.Labels.Keys);
        Assert.Equal(new QemuGaLibvirtAddress("qemu:///system", "vm1"), vm.QemuGa);
    }

    [Theory]
    [InlineData("qemu:///system", true, true, true)]
    [InlineData("qemu:///embed?root=/tmp/x", true, true, true)]
    [InlineData("qemu+unix:///session", true, true, true)]
    [InlineData("qemu+unix:///system?socket=/run/forwarded-sock", true, false, true)]
    [InlineData("qemu+ssh://root@host2/system", false, false, false)]
    [InlineData("qemu+ssh:///system", false, false, false)]
    [InlineData("qemu://host2/system", false, false, false)]
    [InlineData("remote:///?name=qemu:///system", false, false, false)]
    [InlineData("test:///default", false, false, true)]
    [InlineData("test+tcp:///default", false, false, false)]
    [InlineData("nonsense", false, false, false)]
    public void IsThisHost_Uri_IsWhatNamesNoOther(string uri, bool isThisHost, bool hasPaths, bool hasDevices) =>
        Assert.Equal((isThisHost, hasPaths, hasDevices), (LibvirtUri.IsThisHost(uri), LibvirtUri.HasPathsOfThisHost(uri), LibvirtUri.HasDevicesOfThisHost(uri)));

    [Theory]
    [InlineData("<domain/>", "has no channel org.guesttune.agent.0; guesttune vm set agent-channel adds <channel")]
    [InlineData("<domain><devices><channel type='pty'><target type='virtio' name='org.guesttune.agent.0'/></channel></devices></domain>", "is of type 'pty' and must be 'unix'")]
    [InlineData("<domain><devices><channel type='unix'><target type='virtio' name='org.guesttune.agent.0'/></channel></devices></domain>", "libvirt names no socket")]
    [InlineData("<domain><devices><channel type='unix'><source mode='connect' path='/x'/><target type='virtio' name='org.guesttune.agent.0'/></channel></devices></domain>", "use mode='bind'")]
    [InlineData("<domain>", "cannot be read")]
    [InlineData("<!DOCTYPE domain [<!ENTITY a 'b'>]><domain/>", "cannot be read")]
    public void ToEntry_NoUsableChannel_SaysWhy(string xml, string expected)
    {
        var vm = DomainXml.ToEntry("vm1", "qemu:///system", xml, canConnect: _ => true);

        Assert.Null(vm.QemuGa);
        Assert.Null(vm.Channel);
        Assert.Contains(expected, vm.Problem);
    }
}
