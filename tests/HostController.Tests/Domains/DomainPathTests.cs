using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

public sealed class DomainPathTests
{
    private const string Xml = """
        <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>vm1</name>
          <!-- somebody's note -->
          <metadata><x:y xmlns:x="urn:x">  kept  </x:y></metadata>
          <vcpu>4</vcpu>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw'/>
              <target dev='vda' bus='virtio'/>
            </disk>
            <controller type='scsi' index='0' model='virtio-scsi'/>
          </devices>
          <qemu:commandline>
            <qemu:arg value='-foo &lt;&#10;bar'/>
          </qemu:commandline>
        </domain>
        """;

    [Theory]
    [InlineData("iothreads/text()", "4")]
    [InlineData("cputune/iothreadpin[@iothread='1']/@cpuset", "0-3")]
    [InlineData("devices/disk[target/@dev='vda']/driver/@iothread", "1")]
    [InlineData("devices/controller[@type='scsi'][@index='0']/driver/@iothread", "1")]
    [InlineData("features/kvm/hint-dedicated/@state", "on")]
    [InlineData("devices/tpm", "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>")]
    public void Write_ThenTakenAway_LeavesEveryByteAsItWas(string path, string value)
    {
        var before = DomainDocument.Parse(Xml);
        var item = new DomainPath(path);

        var with = before.With([(item, value)]);
        var without = with.With([(item, null)]);

        Assert.True(item.AreEqual(item.Read(with.Root), value));
        Assert.Null(item.Read(without.Root));
        Assert.Equal(before.ToText(), without.ToText());
        Assert.NotEqual(before.Digest, with.Digest);
        Assert.Equal(before.Digest, without.Digest);
    }

    [Fact]
    public void Write_NewElement_StandsWhereLibvirtWouldWriteItWithTheIndentationOfItsNeighbours()
    {
        var text = DomainDocument.Parse(Xml).With(
        [
            (new DomainPath("iothreads/text()"), "2"),
            (new DomainPath("cputune/iothreadpin[@iothread='2']/@cpuset"), "2"),
            (new DomainPath("cputune/iothreadpin[@iothread='1']/@cpuset"), "1"),
        ]).ToText();

        Assert.Contains(
            """
              <vcpu>4</vcpu>
              <iothreads>2</iothreads>
              <cputune>
                <iothreadpin iothread="1" cpuset="1" />
                <iothreadpin iothread="2" cpuset="2" />
              </cputune>
              <devices>
            """,
            text,
            StringComparison.Ordinal);
        Assert.Contains("<!-- somebody's note -->", text, StringComparison.Ordinal);
        Assert.Contains("<x:y xmlns:x=\"urn:x\">  kept  </x:y>", text, StringComparison.Ordinal);
        Assert.Contains("<qemu:arg value=\"-foo &lt;&#xA;bar\" />", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ElementAmongOthersOfItsName_IsPutBackInItsPlace()
    {
        var before = DomainDocument.Parse("<domain>\n  <seclabel model='a'/>\n  <seclabel model='b'/>\n  <seclabel model='c'/>\n</domain>");
        var path = new DomainPath("seclabel[@model='b']").Placed(before.Root);

        var without = before.With([(path, null)]);
        var back = without.With([(path, "<seclabel model='b'/>")]);

        Assert.Equal("seclabel[@model='b'][2]", path.ToString());
        Assert.Equal(2, without.Root.Elements().Count());
        Assert.Equal(before.ToText(), back.ToText());
    }

    [Fact]
    public void Write_DeviceThatIsGone_IsRefused()
    {
        var document = DomainDocument.Parse(Xml);

        var e = Assert.Throws<PracticeException>(() => document.With([(new DomainPath("devices/disk[target/@dev='vdb']/driver/@iothread"), "1")]));

        Assert.Contains("has no disk", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@id")]
    [InlineData("a/@b/c")]
    [InlineData("a[b")]
    [InlineData("a[@b=c]")]
    [InlineData("a[x@b='c']")]
    [InlineData("a//b")]
    [InlineData("a b/c")]
    [InlineData("a[2]/b")]
    public void Constructor_NoPath_Throws(string path) => Assert.Throws<FormatException>(() => new DomainPath(path));

    [Theory]
    [InlineData("<!DOCTYPE domain [<!ENTITY a 'b'>]><domain>&a;</domain>", "DTD")]
    [InlineData("<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>", "DTD")]
    [InlineData("<network/>", "<domain>")]
    [InlineData("<domain xmlns='urn:x'/>", "<domain>")]
    [InlineData("<domain>", "domain")]
    [InlineData("", "XML")]
    public void Parse_HostileOrForeignXml_IsRefused(string xml, string reason)
    {
        var e = Assert.Throws<PracticeException>(() => DomainDocument.Parse(xml));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_VeryDeepXml_IsRefused() =>
        Assert.Throws<PracticeException>(() => DomainDocument.Parse("<domain>" + string.Concat(Enumerable.Repeat("<a>", 100_000)) + string.Concat(Enumerable.Repeat("</a>", 100_000)) + "</domain>"));

    [Fact]
    public void With_FiveMegabytes_KeepsAllOfThem()
    {
        var xml = Xml.Replace("<name>vm1</name>", $"<name>vm1</name><description>{new string('x', 5_000_000)}</description>", StringComparison.Ordinal);
        var before = DomainDocument.Parse(xml);

        var after = before.With([(new DomainPath("iothreads/text()"), "1")]);

        Assert.Equal(5_000_000, ((string?)DomainDocument.Parse(after.ToText()).Root.Element("description"))!.Length);
    }

    [Fact]
    public void Canonical_SameMeaning_IsTheSame()
    {
        var one = DomainDocument.Parse("<domain a='1' b='2'>\n <x/><y q:z='1' xmlns:q='urn:q'>t</y></domain>");
        var other = DomainDocument.Parse("<domain b=\"2\" a=\"1\"><x></x>\n<y p:z='1' xmlns:p='urn:q'>t</y></domain>");
        var different = DomainDocument.Parse("<domain b='2' a='1'><x/><y p:z='1' xmlns:p='urn:p'>t</y></domain>");

        Assert.Equal(one.Canonical, other.Canonical);
        Assert.NotEqual(one.Canonical, different.Canonical);
    }
}
