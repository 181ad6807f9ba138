using System.Text.Json;
using GuestTune.Controller.Store;
using GuestTune.HostController.Tests.Fakes;
using static GuestTune.HostController.Tests.Fakes.Cli;

namespace GuestTune.HostController.Tests.Store;

public sealed class AuditCommandTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Audit_Rows_AreShownTheNewestFirst()
    {
        await WriteAsync();

        var (code, output, error) = await AuditAsync();

        Assert.Equal((0, ""), (code, error));
        Assert.Matches("^WHEN \\(UTC\\) +WHO +FROM +ACTION +TARGET +OUTCOME\n2026-11-22 12:00:02 +user 7, process 9 +daemon +pcr check +web2 +different", output);
        Assert.Equal(4, output.TrimEnd().Split('\n').Length);
    }

    [Theory]
    [InlineData("web1 web2", "--target", "web*")]
    [InlineData("web2", "--action", "pcr check*")]
    [InlineData("db web2", "--since", "2026-11-22T12:00:01Z")]
    [InlineData("db web2", "--since", "2026-11-22T13:00:01+01:00")]
    [InlineData("web2", "--limit", "1")]
    [InlineData("", "--target", "nobody")]
    public async Task Audit_Filtered_HasWhatIsWanted(string targets, params string[] filter)
    {
        await WriteAsync();

        var (code, output, _) = await AuditAsync([.. filter, "-o", "json"]);

        Assert.Equal(0, code);
        var rows = JsonDocument.Parse(output).RootElement.GetProperty("audit").EnumerateArray().Select(static r => r.GetProperty("target").GetString());
        Assert.Equal(targets, string.Join(' ', rows.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Audit_NothingYet_SaysSoAndMakesNoDatabase()
    {
        var (code, output, _) = await AuditAsync();

        Assert.Equal(0, code);
        Assert.Contains("no such row in the audit", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.PathOf("state")));
    }

    [Fact]
    public async Task Audit_NoTime_IsRefused()
    {
        var (code, _, error) = await AuditAsync("--since", "yesterday");

        Assert.Equal(2, code);
        Assert.Contains("--since cannot be 'yesterday'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_DatabaseOfAnother_SaysWhatToDo()
    {
        Directory.CreateDirectory(_folder.PathOf("state"));
        File.WriteAllText(_folder.PathOf("state/controller.db"), "no database, and no text that SQLite would take for an empty one");
        File.SetUnixFileMode(_folder.PathOf("state/controller.db"), StoreFiles.OwnFile);

        var (code, _, error) = await AuditAsync();

        Assert.Equal(2, code);
        Assert.Contains("it is damaged", error, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Out, string Error)> AuditAsync(params string[] more) => RunAsync(["audit", "--state", _folder.PathOf("state"), .. more]);

    private async Task WriteAsync()
    {
        using var store = new SqliteStore(new StoreFiles(_folder.PathOf("state")), TimeProvider.System);
        await store.AppendAuditAsync(new AuditRecord(Noon, "user 0, process 1", "command", "enrol", "web1", "enrolled"), default);
        await store.AppendAuditAsync(new AuditRecord(Noon.AddSeconds(1), "user 0, process 2", "command", "pcr baseline save", "db", "saved"), default);
        await store.AppendAuditAsync(new AuditRecord(Noon.AddSeconds(2), "user 7, process 9", "daemon", "pcr check", "web2", "different: PCR 8"), default);
    }
}
