using Grpc.Core;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Selection;

namespace GuestTune.HostController.Tests.Selection;

public sealed class VmSelectorTests
{
    private static readonly VmCatalogSnapshot Catalog = new(
        [Vm("db1", "role=db"), Vm("db2", "role=db"), Vm("web1", "role=web"), Vm("we[rd]", "")], SourceCount: 1, Failures: [], Warnings: []);

    [Theory]
    [InlineData("db1", "", "db1")]
    [InlineData("web1 db1", "", "db1 web1")]
    [InlineData("db1 db1", "", "db1")]
    [InlineData("db*", "", "db1 db2")]
    [InlineData("*1", "role=db", "db1")]
    [InlineData("", "role=db", "db1 db2")]
    [InlineData("", "role", "db1 db2 web1")]
    [InlineData("we[rd]", "", "we[rd]")]
    [InlineData("--all", "", "db1 db2 web1 we[rd]")]
    [InlineData("--all", "role=web", "web1")]
    public void Select_Good_GivesEachOnceInOrder(string names, string labels, string expected) =>
        Assert.Equal(expected.Split(' '), VmSelector.Select(Catalog, Selection(names, labels)).Select(v => v.Name));

    [Theory]
    [InlineData("", "", StatusCode.InvalidArgument, "no VM was named")]
    [InlineData("--all db1", "", StatusCode.InvalidArgument, "exclude each other")]
    [InlineData("--all", "=x", StatusCode.InvalidArgument, "'=x' is no label filter")]
    [InlineData("dv1", "", StatusCode.NotFound, "there is no VM 'dv1'; did you mean 'db1'?")]
    [InlineData("DB1", "", StatusCode.NotFound, "did you mean 'db1'")]
    [InlineData("zzzzzz", "", StatusCode.NotFound, "there is no VM 'zzzzzz'; 'guesttune vms' lists them")]
    [InlineData("x*", "", StatusCode.NotFound, "no VM matches 'x*'")]
    [InlineData("db1", "role=web", StatusCode.NotFound, "no VM of those named has the label role=web")]
    [InlineData("--all", "role=x", StatusCode.NotFound, "no VM has the label role=x")]
    public void Select_Bad_SaysWhy(string names, string labels, StatusCode code, string expected)
    {
        var error = Assert.Throws<RpcException>(() => VmSelector.Select(Catalog, Selection(names, labels)));

        Assert.Equal(code, error.StatusCode);
        Assert.Contains(expected, error.Status.Detail);
    }

    [Fact]
    public void Select_SeveralUnknown_NamesAll()
    {
        var error = Assert.Throws<RpcException>(() => VmSelector.Select(Catalog, Selection("db1 nope1 x*", "")));

        Assert.Contains("'nope1'", error.Status.Detail);
        Assert.Contains("'x*'", error.Status.Detail);
    }

    [Fact]
    public void Select_OverlappingPatterns_AreNoMistake() =>
        Assert.Equal(["db1", "db2"], VmSelector.Select(Catalog, Selection("db* d*", "")).Select(v => v.Name));

    [Fact]
    public void Select_SourceFailed_ExactNamesStillWork()
    {
        var catalog = Catalog with { Failures = ["libvirt is down"] };

        Assert.Single(VmSelector.Select(catalog, Selection("db1", "")));
        foreach (var names in new[] { "--all", "db*", "other" })
        {
            var error = Assert.Throws<RpcException>(() => VmSelector.Select(catalog, Selection(names, "")));
            Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
            Assert.Contains("libvirt is down", error.Status.Detail);
        }
    }

    [Fact]
    public void Select_NoSources_SaysHowToGiveOne()
    {
        var error = Assert.Throws<RpcException>(() => VmSelector.Select(new([], 0, [], []), Selection("--all", "")));

        Assert.Contains("--inventory", error.Status.Detail);
    }

    private static GuestTune.Controller.V1.Selection Selection(string names, string labels)
    {
        var words = names.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var selection = new GuestTune.Controller.V1.Selection { All = words.Contains("--all") };
        selection.Names.AddRange(words.Where(w => w != "--all"));
        selection.Labels.AddRange(labels.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return selection;
    }

    private static VmEntry Vm(string name, string label)
    {
        var parts = label.Split('=');
        return new VmEntry(name, "inventory", new SocketChannel($"/run/{name}"), parts.Length == 2 ? new Dictionary<string, string> { [parts[0]] = parts[1] } : []);
    }
}
