using FsCheck;
using FsCheck.Fluent;
using GuestTune.Controller.LibvirtAuth;

namespace GuestTune.HostController.Tests.LibvirtAuth;

public sealed class ConfigTextTests
{
    [Theory]
    [InlineData("auth_tcp = \"sasl\"\n", "auth_tcp", "\"sasl\"")]
    [InlineData("  listen_tcp=1 # why\n", "listen_tcp", "1")]
    [InlineData("#listen_tcp = 1\n", "listen_tcp", null)]
    [InlineData("listen_tcp = 0\nlisten_tcp = 1\n", "listen_tcp", "0")]
    [InlineData("listen_tcp_more = 0\n", "listen_tcp", null)]
    [InlineData("key_file = \"/a b#c\" # d", "key_file", "\"/a b#c\"")]
    public void Find_LibvirtConf_IsWhatLibvirtReads(string text, string key, string? value) => Assert.Equal(value, ConfigText.Find(text, ConfigDialect.Libvirt, key));

    [Fact]
    public void Find_EnvironmentFile_TheLastCounts() =>
        Assert.Equal("\"b\"", ConfigText.Find("LIBVIRTD_ARGS=a\n#LIBVIRTD_ARGS=c\nLIBVIRTD_ARGS=\"b\"\n", ConfigDialect.Environment, "LIBVIRTD_ARGS"));

    [Fact]
    public void Set_CommentedExample_IsFollowedByTheLine() => Assert.Equal(
        "# Flag\n#listen_tcp = 1\nlisten_tcp = 0\n\n# Next\n",
        ConfigText.Set("# Flag\n#listen_tcp = 1\n\n# Next\n", ConfigDialect.Libvirt, "listen_tcp", "0"));

    [Fact]
    public void SetThenRemoveOrRestore_AnyText_KeepsItsBytes()
    {
        var lines = Gen.Elements("# comment", "", "#auth_tcp = \"sasl\"", "auth_tcp = \"none\" # why", "auth_tls='x'", "mech_list: a", "garbage", "  auth_tcp\t=\t\"x\"  ");
        var texts = from many in lines.ListOf() select string.Concat(many.Select(static l => l + "\n"));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var former = ConfigText.Find(text, ConfigDialect.Libvirt, "auth_tcp");
            var set = ConfigText.Set(text, ConfigDialect.Libvirt, "auth_tcp", "\"sasl\"");
            var back = former is null ? ConfigText.Remove(set, ConfigDialect.Libvirt, "auth_tcp") : ConfigText.Set(set, ConfigDialect.Libvirt, "auth_tcp", former);
            return ConfigText.Find(set, ConfigDialect.Libvirt, "auth_tcp") == "\"sasl\"" && back == text;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(null, "\"--listen\"")]
    [InlineData("\"--timeout 120\"", "\"--timeout 120 --listen\"")]
    [InlineData("\"-l\"", "\"-l\"")]
    public void AddTo_Arguments_KeepsTheOthers(string? arguments, string expected) => Assert.Equal(expected, ListenArgument.AddTo(arguments));

    [Fact]
    public void RemoveFrom_Arguments_KeepsTheOthers() => Assert.Equal("\"-f x\"", ListenArgument.RemoveFrom("\"-f x --listen\""));
}
