using Dapper;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.MeasuredBoot.Tpm;
using Microsoft.Data.Sqlite;

namespace GuestTune.Controller.Store;

/// <summary>The store in a SQLite file. Nothing is opened before the first call.</summary>
/// <param name="lockPatience">How long another process that writes is waited for: 5 s where it is not given.</param>
internal sealed class SqliteStore(StoreFiles files, TimeProvider time, TimeSpan? lockPatience = null) : IControllerStore
{
    private readonly SqliteDatabase _database = new(files, time, lockPatience);

    public async ValueTask<EnrolledKey?> FindAsync(string vm, CancellationToken cancellationToken) => await _database.ReadAsync(transaction => FindKeyAsync(transaction, vm), cancellationToken);

    public async ValueTask<EnrolledKey> EnrolAsync(EnrolledKey key, bool anew, CancellationToken cancellationToken) => await _database.WriteAsync(
        async transaction =>
        {
            var known = await FindKeyAsync(transaction, key.Vm);
            if (known is not null && !anew)
            {
                return known;
            }

            // Predictions tell starts by these counters.
            await transaction.Connection!.ExecuteAsync(
                """
                DELETE FROM pcr_prediction WHERE vm = @Vm AND EXISTS (SELECT 1 FROM enrolled_key WHERE vm = @Vm
                    AND (attestation_key <> @AttestationKey OR reset_count > @ResetCount OR reset_count = @ResetCount AND restart_count > @RestartCount))
                """,
                new { key.Vm, key.AttestationKey, ResetCount = (long)key.LastSeen.ResetCount, RestartCount = (long)key.LastSeen.RestartCount },
                transaction);
            await transaction.Connection!.ExecuteAsync(
                """
                INSERT INTO enrolled_key (vm, attestation_key, endorsement_key, endorsement_certificate, enrolled_at_ms, reset_count, restart_count, clock_ms)
                VALUES (@Vm, @AttestationKey, @EndorsementKey, @EndorsementCertificate, @EnrolledAtMs, @ResetCount, @RestartCount, @ClockMs)
                ON CONFLICT (vm) DO UPDATE SET
                    attestation_key = excluded.attestation_key, endorsement_key = excluded.endorsement_key,
                    endorsement_certificate = excluded.endorsement_certificate, enrolled_at_ms = excluded.enrolled_at_ms,
                    reset_count = excluded.reset_count, restart_count = excluded.restart_count, clock_ms = excluded.clock_ms
                """,
                new
                {
                    key.Vm,
                    key.AttestationKey,
                    key.EndorsementKey,
                    key.EndorsementCertificate,
                    EnrolledAtMs = key.EnrolledAt.ToUnixTimeMilliseconds(),
                    ResetCount = (long)key.LastSeen.ResetCount,
                    RestartCount = (long)key.LastSeen.RestartCount,
                    ClockMs = Stored(key.LastSeen.ClockMs),
                },
                transaction);

            // Which key is believed from now on: no such row without its row in the audit.
            await AppendAsync(transaction, Caller.Current.Record(time.GetUtcNow(), "enrol", key.Vm, known is null ? "enrolled" : "enrolled anew"));
            return key;
        },
        cancellationToken);

    // Two controllers may have asked one VM at once: the row moves forward only, whichever comes last.
    public async ValueTask SeeAsync(string vm, ReadOnlyMemory<byte> attestationKey, TpmCounters counters, CancellationToken cancellationToken) => await ExecuteAsync(
        """
        UPDATE enrolled_key SET reset_count = @ResetCount, restart_count = @RestartCount, clock_ms = @ClockMs
        WHERE vm = @vm AND attestation_key = @Key AND (reset_count < @ResetCount
            OR reset_count = @ResetCount AND (restart_count < @RestartCount OR restart_count = @RestartCount AND clock_ms < @ClockMs))
        """,
        new
        {
            vm,
            Key = attestationKey.ToArray(),
            ResetCount = (long)counters.ResetCount,
            RestartCount = (long)counters.RestartCount,
            ClockMs = Stored(counters.ClockMs),
        },
        cancellationToken);

    public Task<Baseline?> FindBaselineAsync(BaselineId id, CancellationToken cancellationToken) => _database.ReadAsync(
        async transaction =>
        {
            var key = Key(id);
            var row = await transaction.Connection!.QuerySingleOrDefaultAsync<BaselineRow>(
                $"""
                SELECT {SummaryColumns}, attestation_key_name AS AttestationKeyName, bank, pcr_mask AS PcrMask, event_log AS EventLog,
                       event_log_problem AS EventLogProblem
                FROM pcr_baseline WHERE scope = @scope AND name = @name
                """,
                key,
                transaction);
            if (row is null)
            {
                return null;
            }

            var values = await transaction.Connection!.QueryAsync<ValueRow>(
                "SELECT bank, pcr, digest FROM pcr_baseline_value WHERE scope = @scope AND name = @name ORDER BY bank, pcr", key, transaction);
            return new Baseline(
                Summary(row),
                row.AttestationKeyName,
                new PcrSelection((TpmAlgorithm)row.Bank, (uint)row.PcrMask),
                [.. values.Select(static v => new PcrValue((TpmAlgorithm)v.Bank, (int)v.Pcr, v.Digest))],
                row.EventLog,
                row.EventLogProblem);
        },
        cancellationToken);

    public Task<IReadOnlyList<BaselineSummary>> ListBaselinesAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<BaselineSummary>>(
        async transaction =>
            [.. (await transaction.Connection!.QueryAsync<SummaryRow>($"SELECT {SummaryColumns} FROM pcr_baseline ORDER BY scope, name", transaction: transaction)).Select(Summary)],
        cancellationToken);

    public Task<bool> SaveBaselineAsync(Baseline baseline, bool replace, CancellationToken cancellationToken) => _database.WriteAsync(
        async transaction =>
        {
            var summary = baseline.Summary;
            var (scope, name) = (ScopeName(summary.Id.Scope), summary.Id.Name);
            var exists = await transaction.Connection!.ExecuteScalarAsync<long>("SELECT count(*) FROM pcr_baseline WHERE scope = @scope AND name = @name", new { scope, name }, transaction) > 0;
            if (exists && !replace)
            {
                return false;
            }

            await transaction.Connection!.ExecuteAsync("DELETE FROM pcr_baseline WHERE scope = @scope AND name = @name", new { scope, name }, transaction);
            await transaction.Connection!.ExecuteAsync(
                """
                INSERT INTO pcr_baseline (scope, name, vm, boot_id, collected_at_ms, saved_at_ms, is_proven, attestation_key_name, bank, pcr_mask, event_log, event_log_problem)
                VALUES (@scope, @name, @Vm, @BootId, @CollectedAtMs, @SavedAtMs, @IsProven, @AttestationKeyName, @Bank, @PcrMask, @EventLog, @EventLogProblem)
                """,
                new
                {
                    scope,
                    name,
                    summary.Vm,
                    summary.BootId,
                    CollectedAtMs = summary.CollectedAt.ToUnixTimeMilliseconds(),
                    SavedAtMs = summary.SavedAt.ToUnixTimeMilliseconds(),
                    IsProven = summary.IsProven ? 1 : 0,
                    baseline.AttestationKeyName,
                    Bank = (long)baseline.Selection.Bank,
                    PcrMask = (long)baseline.Selection.Mask,
                    baseline.EventLog,
                    baseline.EventLogProblem,
                },
                transaction);
            await transaction.Connection!.ExecuteAsync(
                "INSERT INTO pcr_baseline_value (scope, name, bank, pcr, digest) VALUES (@scope, @name, @Bank, @Pcr, @Digest)",
                baseline.Values.Select(v => new { scope, name, Bank = (long)v.Bank, Pcr = (long)v.Index, v.Digest }),
                transaction);
            return true;
        },
        cancellationToken);

    public async Task<bool> RemoveBaselineAsync(BaselineId id, CancellationToken cancellationToken) =>
        await ExecuteAsync("DELETE FROM pcr_baseline WHERE scope = @scope AND name = @name", Key(id), cancellationToken) > 0;

    public Task<IReadOnlyList<Prediction>> ListPredictionsAsync(string vm, CancellationToken cancellationToken) =>
        _database.ReadAsync(transaction => ListAsync(transaction, vm), cancellationToken);

    public Task SupersedeAsync(string vm, StartCount running, Prediction? next, string? undone, StartReferences? seen, CancellationToken cancellationToken) => _database.WriteAsync(
        async transaction =>
        {
            await ExpectAsync(transaction, vm, seen);
            await transaction.Connection!.ExecuteAsync(
                "UPDATE pcr_prediction SET until_reset = @Resets, until_restart = @Restarts WHERE vm = @vm AND until_reset IS NULL",
                new { vm, Resets = (long)running.Resets, Restarts = (long)running.Restarts },
                transaction);
            await transaction.Connection!.ExecuteAsync("UPDATE pcr_prediction SET is_undone = 1 WHERE vm = @vm AND operation_id = @undone", new { vm, undone }, transaction);
            return next is not null ? await InsertAsync(transaction, next)
                : undone is null ? 0
                : await AppendAsync(transaction, Caller.Current.Record(time.GetUtcNow(), "predict", vm, $"withdrawn: operation {undone}"));
        },
        cancellationToken);

    public Task AddPredictionAsync(Prediction prediction, StartReferences? seen, CancellationToken cancellationToken) => _database.WriteAsync(
        async transaction =>
        {
            await ExpectAsync(transaction, prediction.Vm, seen);
            return await InsertAsync(transaction, prediction);
        },
        cancellationToken);

    public Task SeeStartAsync(string vm, StartCount start, Prediction? met, CancellationToken cancellationToken) => ExecuteAsync(
        """
        UPDATE pcr_prediction SET until_reset = @Resets, until_restart = @Restarts
        WHERE vm = @vm AND kind = 'trial' AND until_reset IS NULL AND from_reset < @Resets;
        UPDATE pcr_prediction SET met_reset = @Resets, met_restart = @Restarts
        WHERE vm = @vm AND operation_id = @MetId AND kind = @MetKind AND met_reset IS NULL AND from_reset < @Resets
        """,
        new { vm, Resets = (long)start.Resets, Restarts = (long)start.Restarts, MetId = met?.OperationId, MetKind = met is null ? null : KindName(met.Kind) },
        cancellationToken);

    public Task AppendAuditAsync(AuditRecord record, CancellationToken cancellationToken) =>
        _database.WriteAsync(transaction => AppendAsync(transaction, record), cancellationToken);

    public Task<IReadOnlyList<AuditRecord>> ListAuditAsync(int limit, CancellationToken cancellationToken) => ListAuditAsync(default, limit, cancellationToken);

    public Task<IReadOnlyList<AuditRecord>> ListAuditAsync(AuditFilter filter, int limit, CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<AuditRecord>>(
        async transaction =>
        {
            var rows = await transaction.Connection!.QueryAsync<AuditRow>(
                """
                SELECT at_ms AS AtMs, caller, origin, action, target, outcome FROM audit
                WHERE (@Target IS NULL OR target GLOB @Target) AND (@Action IS NULL OR action GLOB @Action) AND (@SinceMs IS NULL OR at_ms >= @SinceMs)
                ORDER BY id DESC LIMIT @limit
                """,
                new { filter.Target, filter.Action, SinceMs = filter.Since?.ToUnixTimeMilliseconds(), limit },
                transaction);
            return [.. rows.Select(static r => new AuditRecord(Time(r.AtMs), r.Caller, r.Origin, r.Action, r.Target, r.Outcome))];
        },
        cancellationToken);

    public void Dispose() => _database.Dispose();

    /// <summary>Of one VM; older ones are forgotten.</summary>
    private const int KeptPredictions = 64;

    private const string SummaryColumns =
        "scope, name, vm, boot_id AS BootId, collected_at_ms AS CollectedAtMs, saved_at_ms AS SavedAtMs, is_proven AS IsProven";

    private static async Task<EnrolledKey?> FindKeyAsync(SqliteTransaction transaction, string vm)
    {
        var row = await transaction.Connection!.QuerySingleOrDefaultAsync<KeyRow>(
            """
            SELECT attestation_key AS AttestationKey, endorsement_key AS EndorsementKey, endorsement_certificate AS EndorsementCertificate,
                   enrolled_at_ms AS EnrolledAtMs, reset_count AS ResetCount, restart_count AS RestartCount, clock_ms AS ClockMs
            FROM enrolled_key WHERE vm = @vm
            """,
            new { vm },
            transaction);
        return row is null ? null : new EnrolledKey
        {
            Vm = vm,
            AttestationKey = row.AttestationKey,
            EndorsementKey = row.EndorsementKey,
            EndorsementCertificate = row.EndorsementCertificate,
            EnrolledAt = Time(row.EnrolledAtMs),
            LastSeen = new TpmCounters((uint)row.ResetCount, (uint)row.RestartCount, (ulong)row.ClockMs),
        };
    }

    private static async Task<IReadOnlyList<Prediction>> ListAsync(SqliteTransaction transaction, string vm)
    {
        var rows = await transaction.Connection!.QueryAsync<PredictionRow>(
            """
            SELECT operation_id AS OperationId, kind, changes, predicted_at_ms AS PredictedAtMs, from_reset AS FromReset, until_reset AS UntilReset, until_restart AS UntilRestart,
                   is_undone AS IsUndone, met_reset AS MetReset, met_restart AS MetRestart, event_log AS EventLog, problem
            FROM pcr_prediction WHERE vm = @vm ORDER BY id DESC
            """,
            new { vm },
            transaction);
        return
        [
            .. rows.Select(r => new Prediction(
                vm,
                r.OperationId,
                Enum.Parse<PredictionKind>(r.Kind, ignoreCase: true),
                TokenChange.Parse(r.Changes),
                Time(r.PredictedAtMs),
                (uint)r.FromReset,
                r.UntilReset is { } resets ? new StartCount((uint)resets, (uint)r.UntilRestart) : null,
                r.EventLog,
                r.IsUndone != 0,
                r.MetReset is { } met ? new StartCount((uint)met, (uint)r.MetRestart) : null,
                r.Problem)),
        ];
    }

    /// <summary>Guests decide how long it takes from the look at them to the prediction. Trials are nothing that others follow from.</summary>
    private static async Task ExpectAsync(SqliteTransaction transaction, string vm, StartReferences? seen)
    {
        if (seen is null)
        {
            return;
        }

        var savedAtMs = await transaction.Connection!.ExecuteScalarAsync<long?>("SELECT saved_at_ms FROM pcr_baseline WHERE scope = 'vm' AND name = @vm", new { vm }, transaction);
        if (savedAtMs != seen.Baseline.Summary.SavedAt.ToUnixTimeMilliseconds() || !Changes(await ListAsync(transaction, vm)).SequenceEqual(Changes(seen.Predictions)))
        {
            throw new UnpredictableException("another operation, or a new baseline, came between");
        }

        static IEnumerable<(string, PredictionKind, StartCount?, bool)> Changes(IEnumerable<Prediction> predictions) =>
            predictions.Where(static p => p.Kind != PredictionKind.Trial).Select(static p => (p.OperationId, p.Kind, p.Until, p.IsUndone));
    }

    /// <summary>Without those that no start can equal any more, but for changes that may yet be undone.</summary>
    private async Task<int> InsertAsync(SqliteTransaction transaction, Prediction prediction)
    {
        await transaction.Connection!.ExecuteAsync(
            """
            DELETE FROM pcr_prediction WHERE vm = @Vm AND ((kind = 'trial' OR kind = 'undo' AND problem IS NULL) AND until_reset < @Reset
                OR NOT (kind <> 'trial' AND until_reset IS NULL) AND id NOT IN (SELECT id FROM pcr_prediction WHERE vm = @Vm ORDER BY id DESC LIMIT @KeptPredictions))
            """,
            new { prediction.Vm, Reset = (long)prediction.FromReset, KeptPredictions },
            transaction);
        await transaction.Connection!.ExecuteAsync(
            """
            INSERT INTO pcr_prediction (scope, vm, operation_id, kind, changes, predicted_at_ms, from_reset, until_reset, until_restart, is_undone, event_log, problem)
            VALUES ('vm', @Vm, @OperationId, @Kind, @Changes, @PredictedAtMs, @FromReset, @UntilReset, @UntilRestart, @IsUndone, @EventLog, @Problem)
            """,
            new
            {
                prediction.Vm,
                prediction.OperationId,
                Kind = KindName(prediction.Kind),
                Changes = TokenChange.Join(prediction.Changes),
                PredictedAtMs = prediction.PredictedAt.ToUnixTimeMilliseconds(),
                FromReset = (long)prediction.FromReset,
                UntilReset = (long?)prediction.Until?.Resets,
                UntilRestart = (long)(prediction.Until?.Restarts ?? 0),
                IsUndone = prediction.IsUndone ? 1 : 0,
                prediction.EventLog,
                prediction.Problem,
            },
            transaction);

        // What counts as right from now on: no such row without its row in the audit.
        return await AppendAsync(transaction, Caller.Current.Record(time.GetUtcNow(), "predict", prediction.Vm, prediction.Problem is { } problem ? $"not predicted: {prediction.Name}: {problem}" : prediction.Words));
    }

    private static Task<int> AppendAsync(SqliteTransaction transaction, AuditRecord record) => transaction.Connection!.ExecuteAsync(
        "INSERT INTO audit (at_ms, caller, origin, action, target, outcome) VALUES (@AtMs, @Caller, @Origin, @Action, @Target, @Outcome)",
        new { AtMs = record.At.ToUnixTimeMilliseconds(), record.Caller, record.Origin, record.Action, record.Target, record.Outcome },
        transaction);

    private Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken) =>
        _database.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(sql, parameters, transaction), cancellationToken);

    private static object Key(BaselineId id) => new { scope = ScopeName(id.Scope), name = id.Name };

    private static string KindName(PredictionKind kind) => kind.ToString().ToLowerInvariant();

    private static string ScopeName(BaselineScope scope) => scope == BaselineScope.Vm ? "vm" : "name";

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>Integers of SQL are signed; a clock that great was never counted up to.</summary>
    private static long Stored(ulong clockMs) => (long)Math.Min(clockMs, long.MaxValue);

    private static BaselineSummary Summary(SummaryRow row) => new(
        new BaselineId(row.Scope == ScopeName(BaselineScope.Vm) ? BaselineScope.Vm : BaselineScope.Name, row.Name),
        row.Vm,
        row.BootId,
        Time(row.CollectedAtMs),
        Time(row.SavedAtMs),
        row.IsProven != 0);

    // Rows as the database has them: Dapper fills the properties by name.
    private sealed record KeyRow
    {
        public byte[] AttestationKey { get; init; } = [];

        public byte[] EndorsementKey { get; init; } = [];

        public byte[]? EndorsementCertificate { get; init; }

        public long EnrolledAtMs { get; init; }

        public long ResetCount { get; init; }

        public long RestartCount { get; init; }

        public long ClockMs { get; init; }
    }

    private record SummaryRow
    {
        public string Scope { get; init; } = "";

        public string Name { get; init; } = "";

        public string Vm { get; init; } = "";

        public string BootId { get; init; } = "";

        public long CollectedAtMs { get; init; }

        public long SavedAtMs { get; init; }

        public long IsProven { get; init; }
    }

    private sealed record BaselineRow : SummaryRow
    {
        public byte[]? AttestationKeyName { get; init; }

        public long Bank { get; init; }

        public long PcrMask { get; init; }

        public byte[]? EventLog { get; init; }

        public string? EventLogProblem { get; init; }
    }

    private sealed record ValueRow
    {
        public long Bank { get; init; }

        public long Pcr { get; init; }

        public byte[] Digest { get; init; } = [];
    }

    private sealed record PredictionRow
    {
        public string OperationId { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Changes { get; init; } = "";

        public long PredictedAtMs { get; init; }

        public long FromReset { get; init; }

        public long? UntilReset { get; init; }

        public long UntilRestart { get; init; }

        public long IsUndone { get; init; }

        public long? MetReset { get; init; }

        public long MetRestart { get; init; }

        public string? Problem { get; init; }

        public byte[] EventLog { get; init; } = [];
    }

    private sealed record AuditRow
    {
        public long AtMs { get; init; }

        public string Caller { get; init; } = "";

        public string Origin { get; init; } = "";

        public string Action { get; init; } = "";

        public string Target { get; init; } = "";

        public string Outcome { get; init; } = "";
    }
}
