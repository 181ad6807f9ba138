using GuestTune.Controller.Inventory;

namespace GuestTune.HostController.Tests.Inventory;

public sealed class InventoryParserTests
{
    [Fact]
    public void Parse_GoodFile_GivesVmsWithLabelsAndAbsoluteChannels()
    {
        var vms = Parse("""
            # comment
            vms:
              - name: vm1
                channel: /run/vms/1.sock
                labels: {role: db, site: "a b"}
              - {name: 2, channel: sub/2.sock, labels: }
            """);

        Assert.Equal(["vm1", "2"], vms.Select(v => v.Name));
        Assert.Equal(["/run/vms/1.sock", "/etc/guesttune/sub/2.sock"], vms.Select(v => v.Channel!.Name));
        Assert.Equal("a b", vms[0].Labels["site"]);
        Assert.Empty(vms[1].Labels);
    }

    [Fact]
    public void Parse_EmptyList_IsAnInventoryWithoutVms() => Assert.Empty(Parse("vms: []"));

    [Fact]
    public void Parse_ManyMistakes_ReportsAllWithTheirLines()
    {
        var message = Fails("""
            vms:
              - name: vm1
                chanel: /a
              - name: vm1
                channel: /b
              - channel: /b
                labels: [x]
              - name: "bad name"
                channel: /c
                labels: {"a b": 1, ok: [1], dup: 1, dup: 2}
              - just text
            extra: 1
            """);

        Assert.Equal(
            """
            inventory /etc/guesttune/inventory.yaml has 12 mistakes:
              line 2: the VM 'vm1' has no 'channel' (the path of the UNIX socket that QEMU serves)
              line 3: unknown key 'chanel'; a VM may have: name, channel, qemu-ga, monitor, labels
              line 4: the name 'vm1' is used twice; first on line 2
              line 6: the VM has no 'name'
              line 6: the channel '/b' is used twice; first on line 5 by '?'
              line 7: 'labels' must be a mapping of texts, e.g. {role: db}, not a list
              line 8: the name 'bad name' is not allowed: at most 255 characters, no spaces, none of * ? [ ] / \ " ', no '-' at the beginning
              line 10: a label's key must be 1 to 63 characters of A-Z a-z 0-9 . _ / -, not 'a b'
              line 10: the value of label 'ok' must be a text of at most 255 characters, not a list
              line 10: the label 'dup' is given twice
              line 11: a VM must be a mapping with 'name' and 'channel', not 'just text'
              line 12: unknown key 'extra'; the file may have: vms
            """,
            message);
    }

    [Theory]
    [InlineData("", "line 1: the file is empty")]
    [InlineData("- a", "line 1: the file must be a mapping with the key 'vms', not a list")]
    [InlineData("vm: []", "line 1: the key 'vms' is missing")]
    [InlineData("vms: x", "line 1: 'vms' must be a list of VMs, not 'x'")]
    [InlineData("vms: []\nvms: []", "line 2: the key 'vms' is given twice")]
    [InlineData("vms: [", "not valid YAML")]
    [InlineData("vms: &a [*a]", "line 1: not valid YAML: anchors and aliases are not supported here")]
    [InlineData("vms: [{name: !!binary YQ==, channel: a}]", "line 1: not valid YAML: tags are not supported here")]
    [InlineData("vms: []\n---\nvms: []", "there is a second document")]
    [InlineData("vms: [[[[[[[[[[[[]]]]]]]]]]]]", "nested deeper than 8 levels")]
    [InlineData("vms: [{name: a, channel: \"/x\\e[2J\"}]", "'channel' must be the path of a UNIX socket, not '/x\\x1b[2J'")]
    [InlineData("vms: [{name: a, channel: /x, qemu-ga: []}]", "'qemu-ga' must be the path of a UNIX socket, not a list")]
    [InlineData("vms: [{name: a, channel: /x, qemu-ga: /x}]", "the qemu-ga '/x' is used twice; first on line 1 by 'a'")]
    [InlineData("vms: [{name: [], channel: /x}]", "'name' must be a text, not a list")]
    public void Parse_BadFile_SaysWhatAndWhere(string text, string expected) => Assert.Contains(expected, Fails(text));

    [Fact]
    public void Parse_ThousandsOfMistakes_ShowsTheFirst()
    {
        var message = Fails("vms:\n" + string.Concat(Enumerable.Repeat("- x\n", 5000)));

        Assert.StartsWith("inventory", message);
        Assert.Contains(" has 5000 mistakes:", message);
        Assert.EndsWith("\n  and 4900 more", message);
        Assert.Equal(102, message.Split('\n').Length);
    }

    [Fact]
    public void Parse_ChannelTooLong_NamesTheLimit() =>
        Assert.Contains("has 108 bytes; Linux allows 107", Fails($"vms: [{{name: a, channel: /{new string('x', 107)}}}]"));

    [Fact]
    public void Parse_RandomBytes_NeverThrowsAnythingElse()
    {
        var random = new Random(7);
        const string Alphabet = "vms: \n-{}[]namechl&*!|>'\"#%@`,?\t\u0001x~<=";
        for (var run = 0; run < 5000; run++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            try
            {
                Parse(text);
            }
            catch (VmSourceException)
            {
            }
        }
    }

    private static IReadOnlyList<VmEntry> Parse(string text) => InventoryParser.Parse("/etc/guesttune/inventory.yaml", new StringReader(text));

    private static string Fails(string text) => Assert.Throws<VmSourceException>(() => Parse(text)).Message;
}
