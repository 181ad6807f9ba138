namespace GuestTune.Testing.Tests.Kernels;

public sealed class AptSourceParserTests
{
    [Fact]
    public void ParseLines_OptionsCommentsAndSourcePackages_GivesBinarySourcesOnly()
    {
        var sources = AptSourceParser.ParseLines(
            """
            # deb http://commented.example/debian bookworm main
            deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib # why
            deb-src http://mirror.example/debian bookworm main
            deb	http://mirror.example/security bookworm-security main
            """).ToList();

        Assert.Equal(2, sources.Count);
        Assert.Equal("http://mirror.example/debian", sources[0].Uri);
        Assert.Equal(["bookworm"], sources[0].Suites);
        Assert.Equal([KeyValuePair.Create("signed-by", "/usr/share/keyrings/k.gpg")], sources[0].Options);
        Assert.Equal("http://mirror.example/security", sources[1].Uri);
    }

    [Fact]
    public void ParseDeb822_SeveralSuitesCommentsAndDisabledParagraphs_GivesEnabledOnes()
    {
        var sources = AptSourceParser.ParseDeb822(
            """
            Types: deb deb-src
            # a comment inside
            URIs: http://mirror.example/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By: /usr/share/keyrings/debian.gpg

            Types: deb
            URIs: http://off.example/debian
            Suites: bookworm
            Enabled: no

            Types: deb-src
            URIs: http://sources.example/debian
            Suites: bookworm
            """).ToList();

        var source = Assert.Single(sources);
        Assert.Equal("http://mirror.example/debian", source.Uri);
        Assert.Equal(["bookworm", "bookworm-updates"], source.Suites);
    }

    [Fact]
    public void ToDeb822_InlinedKey_KeepsItsLines()
    {
        const string key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w\n -----END PGP PUBLIC KEY BLOCK-----";
        var source = AptSourceParser.ParseDeb822($"Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nSigned-By:\n {key}\n").Single();

        var again = AptSourceParser.ParseDeb822(source.ToDeb822("bookworm-backports")).Single();

        Assert.Equal(["bookworm-backports"], again.Suites);
        Assert.Equal(source.Options, again.Options);
        Assert.Contains(" mQINBGPL0BUB", again.Options[0].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAll_BothPlaces_ReadsListsAndSourcesAndNothingElse()
    {
        var root = Directory.CreateTempSubdirectory().FullName;
        var parts = Directory.CreateDirectory(Path.Combine(root, "etc/apt/sources.list.d")).FullName;
        File.WriteAllText(Path.Combine(root, "etc/apt/sources.list"), "deb http://one.example/debian sid main\n");
        File.WriteAllText(Path.Combine(parts, "two.sources"), "Types: deb\nURIs: http://two.example/debian\nSuites: sid\n");
        File.WriteAllText(Path.Combine(parts, "three.list.disabled"), "deb http://three.example/debian sid main\n");

        Assert.Equal(["http://one.example/debian", "http://two.example/debian"], AptSourceParser.ReadAll(root).Select(s => s.Uri));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void FindDebianArchive_SecurityAndVendorsFirst_TakesTheRelease()
    {
        AptSource[] sources =
        [
            new("http://vendor.example/apt", ["nodistro"], []),
            new("http://mirror.example/security", ["bookworm-security"], []),
            new("http://mirror.example/debian", ["bookworm"], []),
        ];

        Assert.Equal("http://mirror.example/debian", AptView.FindDebianArchive(sources).Uri);
    }

    [Fact]
    public void FindDebianArchive_NoDebian_SaysWhereItLooked()
    {
        var error = Assert.Throws<TestVmException>(() => AptView.FindDebianArchive([new("http://mirror.example/ubuntu", ["noble"], [])]));

        Assert.Contains("/etc/apt/sources.list", error.Message, StringComparison.Ordinal);
    }
}
