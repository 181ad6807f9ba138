using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.Store;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>What becomes of predictions, step by step, in a real store: in which state each is, and which count.</summary>
public sealed class PredictionStateTests : IDisposable
{
    private const string Vm = "vm1";

    private readonly TemporaryDirectory _folder = new();
    private readonly SqliteStore _store;
    private readonly StartPredictor _predictor;
    private StartCount _running = new(10, 0);

    public PredictionStateTests()
    {
        var files = new StoreFiles(_folder.PathOf("state"));
        _store = new SqliteStore(files, TimeProvider.System);
        _predictor = new StartPredictor(_store, null!, files, TimeProvider.System);
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    /// <param name="steps">
    /// +a: a change that was predicted; ?a: one that was not; -a, ~a: its undo, predicted and not; t, ?t: a restart with a boot trial;
    /// .: a start; =a: it is proven equal to a; =: it is proven, and the baseline or something else; save, enrol: the baseline, or a TPM that went back, anew.
    /// </param>
    /// <param name="states">The newest first, "!" behind what is not predicted.</param>
    /// <param name="running">What counts for the start that runs.</param>
    /// <param name="next">What counts for the next one.</param>
    [Theory]
    [InlineData("", "", "", "")]
    [InlineData("+a", "a pending", "", "a")]
    [InlineData("+a .", "a pending", "a", "a")]
    [InlineData("+a =a", "a pending", "", "a")]
    [InlineData("+a . =", "a pending", "a", "a")]
    [InlineData("+a . =a", "a met", "a", "a")]
    [InlineData("+a . =a . =", "a met", "a", "a")]
    [InlineData("+a +b", "b pending, a superseded", "", "b")]
    [InlineData("+a . =a +b", "b pending, a superseded", "a", "b")]
    [InlineData("+a . =a +b . =b", "b met, a superseded", "b", "b")]
    [InlineData("+a -a", "a withdrawn", "", "")]
    [InlineData("+a . =a -a", "a withdrawn", "a", "")]
    [InlineData("+a . =a -a . =", "a withdrawn", "", "")]
    [InlineData("+a +b -b", "u pending, b withdrawn, a superseded", "", "u")]
    [InlineData("+a . =a ~a", "a withdrawn", "a", "")]
    [InlineData("+a ?b", "b pending!, a superseded", "", "b!")]
    [InlineData("+a . =a ?b", "b pending!, a superseded", "a", "b!")]
    [InlineData("+a . =a ?b . =", "b pending!, a superseded", "b!", "b!")]
    [InlineData("+a . =a ?b . = +c", "c pending, b superseded!, a superseded", "b!", "c")]
    [InlineData("+a ~x", "u pending!, a superseded", "", "u!")]
    [InlineData("+a +b ~b", "u pending!, b withdrawn, a superseded", "", "u!")]
    [InlineData("+a +b . =b ~a", "u pending!, b superseded, a withdrawn", "b", "u!")]
    [InlineData("?a ~a", "a withdrawn!", "", "")]
    [InlineData("?a . = ~a", "a withdrawn!", "a!", "")]
    [InlineData("+a +b ~b ~a", "u superseded!, b withdrawn, a withdrawn", "", "")]
    [InlineData("~x ?a ~a", "u pending!, a withdrawn!, u superseded!", "", "u!")]
    [InlineData("~x . = ?a . = t ~a", "u pending!, t superseded, a withdrawn!, u superseded!", "a!", "u!")]
    [InlineData("t", "t pending", "", "t")]
    [InlineData("t =", "t pending", "", "t")]
    [InlineData("t . =t", "t superseded", "t", "")]
    [InlineData("t . =", "t superseded", "t", "")]
    [InlineData("?t . =", "t superseded!", "t!", "")]
    [InlineData("+a t . =t", "t superseded, a pending", "t a", "a")]
    [InlineData("+a t . =t . =a", "t superseded, a met", "a", "a")]
    [InlineData("+a t +b", "b pending, t superseded, a superseded", "", "b")]
    [InlineData("+a . =a save", "", "", "")]
    [InlineData("+a . =a . = enrol", "", "", "")]
    public async Task State_AfterSteps_IsAsTheTableSays(string steps, string states, string running, string next)
    {
        await SaveAsync();
        foreach (var step in steps.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            await DoAsync(step);
        }

        var predictions = await _store.ListPredictionsAsync(Vm, default);
        Assert.Equal(states, string.Join(", ", predictions.Select(static p => $"{p.OperationId} {p.State.ToString().ToLowerInvariant()}{Mark(p)}")));
        Assert.Equal(running, For(_running));
        Assert.Equal(next, For(new StartCount(_running.Resets + 1, 0)));

        string For(StartCount start) => string.Join(' ', predictions.Where(p => p.IsFor(start)).Select(static p => p.OperationId + Mark(p)));

        static string Mark(Prediction p) => p.IsPredicted ? "" : "!";
    }

    [Fact]
    public async Task Insert_MoreTrialsThanAreKept_KeepsWhatIsInForce()
    {
        await SaveAsync();
        await DoAsync("+a");
        for (var i = 0; i < 65; i++)
        {
            await _store.AddPredictionAsync(New($"t{i}", PredictionKind.Trial), seen: null, default);
        }

        var predictions = await _store.ListPredictionsAsync(Vm, default);

        Assert.Equal(PredictionState.Pending, Assert.Single(predictions, static p => p.OperationId == "a").State);
        Assert.InRange(predictions.Count, 64, 66);
    }

    private async Task DoAsync(string step)
    {
        var predictions = await _store.ListPredictionsAsync(Vm, default);
        var named = predictions.FirstOrDefault(p => p.OperationId == step[1..]);
        switch (step)
        {
            case "save":
                await SaveAsync();
                break;
            case "enrol":
                await _store.EnrolAsync(Key(new StartCount(3, 0)), anew: true, default);
                break;
            case ".":
                _running = new StartCount(_running.Resets + 1, 0);
                break;
            case "t":
                await _store.AddPredictionAsync(New("t", PredictionKind.Trial), seen: null, default);
                break;
            case "?t":
                await _predictor.GiveUpAsync(Vm, null, "t", PredictionKind.Trial, [], "unknown", undone: null, default);
                break;
            case ['=', ..]:
                await _store.SeeAsync(Vm, new byte[] { 1 }, new TpmCounters(_running.Resets, _running.Restarts, 1), default);
                await _store.SeeStartAsync(Vm, _running, named, default);
                break;
            case ['+', .. var id]:
                await _store.SupersedeAsync(Vm, _running, New(id, PredictionKind.Change), undone: null, seen: null, default);
                break;
            case ['-', .. var id]:
                var isLast = predictions.All(p => p.OperationId == id || p is not { Kind: PredictionKind.Change, IsUndone: false });
                await _store.SupersedeAsync(Vm, _running, isLast ? null : New("u", PredictionKind.Undo), id, seen: null, default);
                break;
            case ['?', .. var id]:
                await _predictor.GiveUpAsync(Vm, null, id, PredictionKind.Change, [new TokenChange(true, id)], "unknown", undone: null, default);
                break;
            case ['~', ..]:
                await _predictor.GiveUpAsync(Vm, null, "u", PredictionKind.Undo, named is null ? [] : [new TokenChange(false, named.OperationId)], "unknown", named, default);
                break;
        }
    }

    private Prediction New(string id, PredictionKind kind) => new(Vm, id, kind, [], DateTimeOffset.UnixEpoch, _running.Resets, Until: null, [1]);

    private async Task SaveAsync()
    {
        await _store.EnrolAsync(Key(_running), anew: true, default);
        var summary = new BaselineSummary(new BaselineId(BaselineScope.Vm, Vm), Vm, "boot-1", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, IsProven: true);
        await _store.SaveBaselineAsync(
            new Baseline(summary, null, new PcrSelection(TpmAlgorithm.Sha256, 0x100), [new PcrValue(TpmAlgorithm.Sha256, 8, new byte[32])], [1], null), replace: true, default);
    }

    private static EnrolledKey Key(StartCount seen) => new()
    {
        Vm = Vm,
        AttestationKey = [1],
        EndorsementKey = [2],
        EnrolledAt = DateTimeOffset.UnixEpoch,
        LastSeen = new TpmCounters(seen.Resets, seen.Restarts, 0),
    };
}
