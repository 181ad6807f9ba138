using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.Serving;
using GuestTune.Controller.Store;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.Tpm;
using Microsoft.Data.Sqlite;

namespace GuestTune.HostController.Tests.Store;

/// <summary>The store over a real file, and everything that such a file can have against it.</summary>
public sealed class SqliteStoreTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryDirectory _folder = new();
    private readonly StoreFiles _state;

    public SqliteStoreTests() => _state = new StoreFiles(_folder.PathOf("state"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SaveBaseline_ReadByAnotherProcessLater_IsTheSame()
    {
        var baseline = Baseline("vm1");
        using (var store = Open())
        {
            Assert.True(await store.SaveBaselineAsync(baseline, replace: false, default));
        }

        using var later = Open();
        var read = (await later.FindBaselineAsync(baseline.Summary.Id, default))!;

        Assert.Equal(baseline.Summary, read.Summary);
        Assert.Equal(baseline.Selection, read.Selection);
        Assert.Equal(baseline.EventLog, read.EventLog);
        Assert.Equal(baseline.AttestationKeyName, read.AttestationKeyName);
        Assert.Null(read.EventLogProblem);
        Assert.Equal(baseline.Values.Select(Shown), read.Values.Select(Shown));
        Assert.Equal([baseline.Summary], await later.ListBaselinesAsync(default));
        Assert.Null(await later.FindBaselineAsync(new BaselineId(BaselineScope.Name, "vm1"), default));
    }

    [Fact]
    public async Task Write_AnotherOfThisProcessIsUnderWay_WaitsWithoutAThreadForAsLongAsThatTakes()
    {
        using var database = new SqliteDatabase(_state, TimeProvider.System);
        var end = new TaskCompletionSource<int>();
        var first = database.WriteAsync(_ => end.Task, default);

        var second = database.WriteAsync(static _ => Task.FromResult(2), default);

        Assert.False(second.IsCompleted);
        end.SetResult(1);
        Assert.Equal(1, await first);
        Assert.Equal(2, await second);
    }

    [Fact]
    public async Task SaveBaseline_ThereIsOneAlready_IsReplacedOnlyOnDemand()
    {
        using var store = Open();
        var first = Baseline("vm1");
        var second = first with { Values = [new PcrValue(TpmAlgorithm.Sha256, 3, new byte[32])], EventLog = null, EventLogProblem = "none" };
        await store.SaveBaselineAsync(first, replace: false, default);

        Assert.False(await store.SaveBaselineAsync(second, replace: false, default));
        Assert.Equal(2, (await store.FindBaselineAsync(first.Summary.Id, default))!.Values.Count);
        Assert.True(await store.SaveBaselineAsync(second, replace: true, default));

        var read = (await store.FindBaselineAsync(first.Summary.Id, default))!;
        Assert.Single(read.Values);
        Assert.Equal("none", read.EventLogProblem);
    }

    [Fact]
    public async Task RemoveBaseline_ThereOrNot_SaysSo()
    {
        using var store = Open();
        await store.SaveBaselineAsync(Baseline("vm1"), replace: false, default);

        Assert.True(await store.RemoveBaselineAsync(new BaselineId(BaselineScope.Vm, "vm1"), default));
        Assert.False(await store.RemoveBaselineAsync(new BaselineId(BaselineScope.Vm, "vm1"), default));
    }

    [Fact]
    public async Task Enrol_AnotherKeyAnew_TakesThePlaceOfTheFirst()
    {
        using var store = Open();
        await store.EnrolAsync(Key(1), anew: false, default);
        await store.EnrolAsync(Key(2), anew: true, default);

        Assert.Equal([2], (await store.FindAsync("vm1", default))!.AttestationKey);
        Assert.Null(await store.FindAsync("vm2", default));
        Assert.Equal(["enrolled anew", "enrolled"], (await store.ListAuditAsync(10, default)).Select(a => a.Outcome));
    }

    [Fact]
    public async Task Enrol_ManyControllersAtOnce_TheFirstWinsAndAllHearOfIt()
    {
        var stores = Enumerable.Range(0, 3).Select(_ => Open()).ToArray();
        foreach (var store in stores)
        {
            Assert.Null(await store.FindAsync("vm1", default));
        }

        var pinned = await Task.WhenAll(stores.Select((store, i) => Task.Run(async () => await store.EnrolAsync(Key((byte)i), anew: false, default))));
        Array.ForEach(stores, static s => s.Dispose());

        using var later = Open();
        var winner = (await later.FindAsync("vm1", default))!;
        Assert.All(pinned, key => Assert.Equal(winner.AttestationKey, key.AttestationKey));
        Assert.Equal(["enrolled"], (await later.ListAuditAsync(10, default)).Select(static a => a.Outcome));
    }

    [Theory]
    [InlineData(5, 0, 100, 5, 0, 101, true)]
    [InlineData(5, 3, 100, 6, 0, 1, true)]
    [InlineData(5, 3, 100, 5, 4, 1, true)]
    [InlineData(5, 3, 100, 5, 2, 900, false)]
    [InlineData(5, 3, 100, 4, 9, 900, false)]
    [InlineData(5, 3, 100, 5, 3, 99, false)]
    public async Task See_Counters_MoveForwardOnly(uint resets, uint restarts, ulong clock, uint newResets, uint newRestarts, ulong newClock, bool moves)
    {
        using var store = Open();
        var (first, seen) = (new TpmCounters(resets, restarts, clock), new TpmCounters(newResets, newRestarts, newClock));
        await store.EnrolAsync(Key(1) with { LastSeen = first }, anew: false, default);

        await store.SeeAsync("vm1", new byte[] { 1 }, seen, default);

        Assert.Equal(moves ? seen : first, (await store.FindAsync("vm1", default))!.LastSeen);
    }

    [Fact]
    public async Task See_ByAnotherKey_ChangesNothing()
    {
        using var store = Open();
        await store.EnrolAsync(Key(1), anew: false, default);

        await store.SeeAsync("vm1", new byte[] { 9 }, new TpmCounters(99, 0, 0), default);

        Assert.Equal(Key(1).LastSeen, (await store.FindAsync("vm1", default))!.LastSeen);
    }

    [Fact]
    public async Task AppendAudit_LaterChanged_IsRefusedByTheDatabase()
    {
        using var store = Open();
        var record = new AuditRecord(Noon, "user 0, process 1", "daemon", "pcr baseline save", "vm1", "saved");
        await store.AppendAuditAsync(record, default);

        Assert.Equal([record], await store.ListAuditAsync(10, default));
        using var connection = new SqliteConnection($"Data Source={_state.DatabasePath};Pooling=False");
        connection.Open();
        foreach (var sql in new[] { "DELETE FROM audit", "UPDATE audit SET outcome = 'x'" })
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            Assert.Contains("only appended to", Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message);
        }
    }

    [Fact]
    public async Task Open_New_IsForItsUserAlone()
    {
        using var store = Open();
        await store.ListBaselinesAsync(default);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_state.Directory));
        Assert.All(Directory.GetFiles(_state.Directory), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task Open_ManyAtOnce_MigrateOnceAndLoseNothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            using var store = Open();
            for (var j = 0; j < 3; j++)
            {
                await store.SaveBaselineAsync(Baseline($"vm{i}-{j}"), replace: false, default);
            }
        })));

        using var later = Open();
        Assert.Equal(12, (await later.ListBaselinesAsync(default)).Count);
    }

    [Fact]
    public async Task Open_OfANewerVersion_IsRefusedAndLeftAlone()
    {
        await CreateAsync("INSERT INTO schema_migration (version, name, applied_at_ms) VALUES (999, 'from the future', 0)");

        Assert.Contains("is of version 999, and this program knows", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherProgram_IsRefused()
    {
        Directory.CreateDirectory(_state.Directory);
        using (var connection = new SqliteConnection($"Data Source={_state.DatabasePath};Pooling=False"))
        {
            connection.Open();
            Execute(connection, "CREATE TABLE theirs (x)");
        }

        Assert.Contains("another program", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task Open_Corrupt_IsReportedAndKeepsItsBytes(int offset)
    {
        await CreateAsync("SELECT 1");
        var bytes = await File.ReadAllBytesAsync(_state.DatabasePath);
        bytes.AsSpan(offset, Math.Min(8192, bytes.Length - offset)).Fill(0x5A);
        await File.WriteAllBytesAsync(_state.DatabasePath, bytes);

        Assert.Contains("it is damaged", await RefusalAsync(), StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_state.DatabasePath));
    }

    [Fact]
    public async Task Write_LockedByAnother_SaysSo()
    {
        await CreateAsync("SELECT 1");
        using var connection = new SqliteConnection($"Data Source={_state.DatabasePath};Pooling=False");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        using var store = new SqliteStore(_state, TimeProvider.System);

        var e = await Assert.ThrowsAsync<StoreException>(() => store.SaveBaselineAsync(Baseline("vm1"), replace: false, default));

        Assert.Contains("another program has kept it locked for 5 s", e.Message, StringComparison.Ordinal);
        Assert.Empty(await store.ListBaselinesAsync(default));
    }

    [Fact]
    public async Task Open_OthersMayWrite_IsRefused()
    {
        await CreateAsync("SELECT 1");
        File.SetUnixFileMode(_state.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);

        Assert.Contains("others may write to it", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_BelongsToAnotherUser_IsRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give a file away");
        await CreateAsync("SELECT 1");
        Assert.Equal(0, Libc.ChangeOwner(_state.DatabasePath, 12345, Libc.SameOwner));

        Assert.Contains($"{_state.DatabasePath} belongs to user 12345", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_StateIsAFile_SaysSo()
    {
        _folder.File("state", "");

        Assert.Contains($"the state directory {_state.Directory} cannot be used", await RefusalAsync(), StringComparison.Ordinal);
    }

    /// <summary>Writers of different processes look for the lock every 150 ms: of some, on a slow disk, one may not find it free for long.</summary>
    private SqliteStore Open() => new(_state, TimeProvider.System, TimeSpan.FromMinutes(5));

    private async Task<string> RefusalAsync()
    {
        using var store = Open();
        return (await Assert.ThrowsAsync<StoreException>(() => store.ListBaselinesAsync(default))).Message;
    }

    private async Task CreateAsync(string sql)
    {
        using (var store = Open())
        {
            for (var i = 0; i < 4; i++)
            {
                await store.SaveBaselineAsync(Baseline($"old{i}"), replace: false, default);
                await store.RemoveBaselineAsync(new BaselineId(BaselineScope.Vm, $"old{i}"), default);
            }
        }

        using var connection = new SqliteConnection($"Data Source={_state.DatabasePath};Pooling=False");
        connection.Open();
        Execute(connection, sql);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Shown(PcrValue value) => $"{value.Bank} {value.Index} {Convert.ToHexString(value.Digest)}";

    private static EnrolledKey Key(byte content) => new()
    {
        Vm = "vm1",
        AttestationKey = [content],
        EndorsementKey = [7],
        EnrolledAt = Noon,
        LastSeen = new TpmCounters(5, 0, 100),
    };

    private static Baseline Baseline(string vm) => new(
        new BaselineSummary(new BaselineId(BaselineScope.Vm, vm), vm, "boot-1", Noon, Noon.AddSeconds(1), IsProven: true),
        [1, 2, 3],
        new PcrSelection(TpmAlgorithm.Sha256, 0x3),
        [new PcrValue(TpmAlgorithm.Sha256, 0, [.. Enumerable.Repeat((byte)1, 32)]), new PcrValue(TpmAlgorithm.Sha256, 1, new byte[32])],
        [.. Enumerable.Range(0, 20_000).Select(i => (byte)i)],
        null);
}
