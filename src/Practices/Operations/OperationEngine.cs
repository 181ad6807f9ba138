using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>
/// Runs operations so that each is in the journal before it changes anything, is verified by reading back, is done once
/// however often it is asked for, and can be undone. One at a time.
/// </summary>
public sealed class OperationEngine : IDisposable
{
    /// <summary>Room for an outcome besides its values: ids, times, JSON.</summary>
    private const int OutcomeOverheadBytes = 1024;

    /// <summary>How long a program that stops waits for the operation that runs; a disk can take that long.</summary>
    private static readonly TimeSpan LastOperationTime = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, IPractice> _practices = new(StringComparer.Ordinal);
    private readonly Func<Journal> _openJournal;
    private readonly Func<string, string?> _refuse;
    private readonly Func<string?> _refuseLasting;
    private readonly TimeProvider _time;
    private readonly Func<string> _readBootId;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly Lock _journalLock = new();
    private Journal? _journal;
    private volatile string? _running;
    private bool _disposed;

    /// <param name="openJournal">Called again for the next operation where it failed, so that a full disk need not be the end.</param>
    /// <param name="readBootId">Values in the running kernel do not outlive a boot.</param>
    /// <param name="refuse">Why the administrator refuses a practice, or null; asked on every way to a practice, undo included.</param>
    /// <param name="refuseLasting">Why the administrator refuses changes that outlive a boot, or null. What lasts already can be undone.</param>
    public OperationEngine(
        IEnumerable<IPractice> practices,
        Func<Journal> openJournal,
        Func<string> readBootId,
        Func<string, string?>? refuse = null,
        TimeProvider? time = null,
        Func<string?>? refuseLasting = null)
    {
        ArgumentNullException.ThrowIfNull(practices);
        foreach (var practice in practices)
        {
            _practices.Add(practice.Id, practice);
        }

        _openJournal = openJournal;
        _readBootId = readBootId;
        _refuse = refuse ?? (static _ => null);
        _refuseLasting = refuseLasting ?? (static () => null);
        _time = time ?? TimeProvider.System;
    }

    public IReadOnlyCollection<IPractice> Practices => _practices.Values;

    /// <summary>Opens the journal if it is not open, so that its problems are known at the start.</summary>
    /// <exception cref="StateLockedException">Another process uses the state directory.</exception>
    /// <exception cref="IOException">The journal cannot be used; what only reads works nevertheless.</exception>
    public Journal OpenJournal()
    {
        lock (_journalLock)
        {
            return _journal ??= _openJournal();
        }
    }

    /// <exception cref="PracticeException">There is no such practice.</exception>
    public Observation Observe(string practiceId)
    {
        var practice = Find(practiceId);
        return practice.Observe(Owned(practiceId));
    }

    /// <exception cref="PracticeException">The desired settings are wrong, or cannot be had on this machine.</exception>
    public Plan Plan(Desired desired)
    {
        OperationRequest.CheckSize(desired);
        var practice = Find(desired.Practice);
        var plan = practice.Plan(desired);
        CheckLasting(plan.Changes);
        if (practice.CheckHarm(plan.Changes, desired.Force) is { Count: > 0 } harms)
        {
            plan = plan with { Warnings = [.. harms, .. plan.Warnings] };
        }

        try
        {
            var files = ChangeRunner.Preview(practice, plan.Changes);
            return files.Count == 0 ? plan : plan with { Files = [.. plan.Files, .. files] };
        }
        catch (IOException e)
        {
            return plan with { Warnings = [.. plan.Warnings, "the files that would be written cannot be shown, and an apply may fail: " + e.Message] };
        }
    }

    /// <summary>Newest first.</summary>
    /// <exception cref="PracticeException">The journal cannot be read.</exception>
    public IReadOnlyList<Operation> History(int limit)
    {
        var journal = RequireJournal();
        lock (_journalLock)
        {
            var all = journal.Operations;
            var newest = new List<Operation>(Math.Min(limit, all.Count));
            for (var i = all.Count - 1; i >= 0 && newest.Count < limit; i--)
            {
                newest.Add(Describe(all[i].Operation));
            }

            return newest;
        }
    }

    /// <param name="waitCancellation">Ends only the wait for another operation: once begun, this one runs to its end.</param>
    /// <exception cref="PracticeException">Refused; nothing was changed.</exception>
    /// <exception cref="UncertainWriteException">What became of it is not known yet: it stays begun until <see cref="Settle"/>, or the same call again.</exception>
    public async ValueTask<OperationAnswer> ApplyAsync(string operationId, Desired desired, CancellationToken waitCancellation = default)
    {
        OperationRequest.CheckId(operationId, "operation_id");
        OperationRequest.CheckSize(desired);
        await _oneAtATime.WaitAsync(waitCancellation).ConfigureAwait(false);
        try
        {
            return Apply(operationId, desired);
        }
        finally
        {
            _running = null;
            _oneAtATime.Release();
        }
    }

    /// <param name="targetOperationId">Null or empty: the newest operation that can be undone.</param>
    /// <param name="force">Also where somebody else has changed a value since.</param>
    /// <param name="waitCancellation">Ends only the wait for another operation.</param>
    /// <exception cref="PracticeException">Refused; nothing was changed.</exception>
    /// <exception cref="UncertainWriteException">As of an apply.</exception>
    public async ValueTask<OperationAnswer> UndoAsync(
        string operationId, string? targetOperationId, bool force, CancellationToken waitCancellation = default)
    {
        OperationRequest.CheckId(operationId, "operation_id");
        if (!string.IsNullOrEmpty(targetOperationId))
        {
            OperationRequest.CheckId(targetOperationId, "target_operation_id");
        }

        await _oneAtATime.WaitAsync(waitCancellation).ConfigureAwait(false);
        try
        {
            return Undo(operationId, targetOperationId, force);
        }
        finally
        {
            _running = null;
            _oneAtATime.Release();
        }
    }

    /// <summary>
    /// Ends operations that were cut off by what is there now, and changes nothing: done where all is as planned, failed where it is not. What cannot be
    /// read stays as it is, and so does all where the journal cannot be used.
    /// </summary>
    /// <param name="exceptOperationId">About to be asked for again, which completes it.</param>
    public void Settle(string? exceptOperationId = null)
    {
        _oneAtATime.Wait();
        try
        {
            if (OpenJournalOrNull() is not { } journal)
            {
                return;
            }

            foreach (var (begun, _, _) in journal.Operations.Where(static o => o.Operation.State == OperationState.Begun).ToArray())
            {
                if (!string.Equals(begun.OperationId, exceptOperationId, StringComparison.Ordinal) && _practices.TryGetValue(begun.Practice, out var practice)
                    && Settlement.Of(practice, begun, _readBootId()) is var (state, outcomes, error))
                {
                    Record(journal, new EndedRecord(begun.OperationId, state, _time.GetUtcNow(), outcomes, error));
                }
            }
        }
        catch (PracticeException)
        {
            // The disk is full.
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Does something that must not meet an operation in the middle, as a restart of the machine.</summary>
    /// <param name="waitCancellation">Ends only the wait for another operation.</param>
    /// <exception cref="PracticeException">The id is wrong.</exception>
    public async ValueTask<T> RunAloneAsync<T>(string operationId, Func<T> work, CancellationToken waitCancellation = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        OperationRequest.CheckId(operationId, "operation_id");
        await _oneAtATime.WaitAsync(waitCancellation).ConfigureAwait(false);
        try
        {
            return work();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Waits for the operation that runs, so that its end is in the journal.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            if (!_oneAtATime.Wait(TimeSpan.Zero))
            {
                WaitForLastOperation();
            }

            _journal?.Dispose();
        }
    }

    private void WaitForLastOperation()
    {
        using var limit = new CancellationTokenSource(LastOperationTime, _time);
        try
        {
            _oneAtATime.Wait(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Its end will be missing in the journal, as after a power cut.
        }
    }

    private OperationAnswer Apply(string operationId, Desired desired)
    {
        var practice = Find(desired.Practice);
        var request = OperationRequest.Canonical(desired);
        var journal = RequireJournal();
        if (FindRepeated(journal, operationId, request) is { } former)
        {
            return former.Operation.State == OperationState.Begun ? Complete(journal, practice, former, desired.Force) : Repeat(practice, former);
        }

        var changes = practice.PlanChanges(desired);
        CheckLasting(changes);
        practice.CheckHarm(changes, desired.Force);
        return Begin(journal, practice, NewRecord(operationId, OperationKind.Apply, desired.Practice, request, null, changes));
    }

    private OperationAnswer Undo(string operationId, string? targetId, bool force)
    {
        var request = OperationRequest.CanonicalUndo(targetId, force);
        var journal = RequireJournal();
        if (FindRepeated(journal, operationId, request) is { } former)
        {
            var formerPractice = Find(former.Begun.Practice);
            return former.Operation.State == OperationState.Begun ? Complete(journal, formerPractice, former, force) : Repeat(formerPractice, former);
        }

        var target = UndoTarget.Choose(journal, operationId, targetId, IsMade);
        var practice = Find(target.Begun.Practice);
        var changes = UndoPlan.Of(target, practice, journal, _readBootId(), force);
        practice.CheckHarm(changes, force);
        return Begin(journal, practice, NewRecord(operationId, OperationKind.Undo, target.Begun.Practice, request, target.Begun.OperationId, changes));
    }

    private bool IsMade(BegunRecord begun) => _practices.TryGetValue(begun.Practice, out var practice)
        && Settlement.Of(practice, begun, _readBootId())?.Outcomes.Exists(static o => o.State == ChangeState.Verified) is true;

    private BegunRecord NewRecord(
        string operationId, OperationKind kind, string practice, string request, string? target, IReadOnlyList<Change> changes)
        => new(operationId, kind, practice, request, _time.GetUtcNow(), _readBootId(), target, changes);

    private OperationAnswer Begin(Journal journal, IPractice practice, BegunRecord begun)
    {
        Compact(journal);
        _running = begun.OperationId;
        if (begun.Changes.Count == 0)
        {
            // An undo whose values are back already has come to its end, too: its target is undone.
            var state = begun.Kind == OperationKind.Undo ? OperationState.Done : OperationState.Unchanged;
            Record(journal, begun, new EndedRecord(begun.OperationId, state, _time.GetUtcNow(), [], null));
        }
        else
        {
            ReserveOutcome(journal, begun);
            Record(journal, begun);
            Run(journal, practice, begun);
        }

        return Answer(journal, practice, begun.OperationId, repeated: false);
    }

    /// <summary>A crash cut it off: what is left of it is done.</summary>
    private OperationAnswer Complete(Journal journal, IPractice practice, JournaledOperation former, bool force)
    {
        var (settled, left) = Resumption.Of(practice, former.Begun, _readBootId());
        if (left.Count > 0)
        {
            practice.CheckHarm(left, force);
        }

        _running = former.Begun.OperationId;
        ReserveOutcome(journal, former.Begun);
        Run(journal, practice, former.Begun, settled);
        return Answer(journal, practice, former.Begun.OperationId, repeated: false);
    }

    private OperationAnswer Repeat(IPractice practice, JournaledOperation former)
        => new(former.Operation, practice.Observe(Owned(practice.Id)), Repeated: true);

    private OperationAnswer Answer(Journal journal, IPractice practice, string operationId, bool repeated)
    {
        _running = null;
        Operation operation;
        lock (_journalLock)
        {
            operation = journal.Find(operationId)!.Operation;
        }

        return new OperationAnswer(operation, practice.Observe(Owned(practice.Id)), repeated);
    }

    private void Run(Journal journal, IPractice practice, BegunRecord begun, IReadOnlyList<ChangeOutcome?>? settled = null)
    {
        List<ChangeOutcome> outcomes;
        string? error;
        try
        {
            (outcomes, error) = ChangeRunner.Run(practice, begun.Changes, begun.Kind, settled);
        }
        catch (UncertainWriteException e)
        {
            throw new UncertainWriteException($"what operation {begun.OperationId} changed is not known: {e.Message}", e);
        }

        var state = error is null ? OperationState.Done : OperationState.Failed;
        var ended = new EndedRecord(begun.OperationId, state, _time.GetUtcNow(), outcomes, error);
        try
        {
            lock (_journalLock)
            {
                journal.Append(ended);
            }
        }
        catch (IOException e)
        {
            throw PracticeException.Precondition(
                $"operation {begun.OperationId} came to its end ({state.ToString().ToLowerInvariant()}), but the journal could not record that: {e.Message}. "
                + "Make room and call again with the same operation id: that completes it");
        }
    }

    /// <summary>So that a disk too full for the outcome is found while nothing has been changed yet.</summary>
    private void ReserveOutcome(Journal journal, BegunRecord begun)
    {
        var bytes = OutcomeOverheadBytes;
        foreach (var change in begun.Changes)
        {
            bytes += OutcomeOverheadBytes + (6 * (change.Item.Length + change.Target.Length + (change.Before?.Length ?? 0) + (2 * (change.After?.Length ?? 0))));
        }

        Guarded(() => journal.Reserve(bytes));
    }

    private void Record(Journal journal, params ReadOnlySpan<JournalRecord> records)
    {
        try
        {
            lock (_journalLock)
            {
                journal.Append(records);
            }
        }
        catch (IOException e)
        {
            throw NotWritable(e);
        }
    }

    private void Compact(Journal journal) => Guarded(journal.CompactIfLarge);

    private void Guarded(Action action)
    {
        try
        {
            lock (_journalLock)
            {
                action();
            }
        }
        catch (IOException e)
        {
            throw NotWritable(e);
        }
    }

    private static PracticeException NotWritable(IOException e)
        => new(PracticeError.FailedPrecondition, $"nothing was changed, since the journal cannot be written: {e.Message}", e);

    private Journal RequireJournal()
    {
        try
        {
            return OpenJournal();
        }
        catch (IOException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, $"nothing was changed, since the journal cannot be used: {e.Message}", e);
        }
    }

    private static JournaledOperation? FindRepeated(Journal journal, string operationId, string request)
    {
        var former = journal.Find(operationId);
        if (former is not null && !string.Equals(former.Begun.Request, request, StringComparison.Ordinal))
        {
            throw new PracticeException(
                PracticeError.AlreadyExists,
                $"operation id '{operationId}' was used at {former.Begun.At:yyyy-MM-dd'T'HH:mm:ss'Z'} for a different request; choose a new id for a new request");
        }

        return former;
    }

    private IPractice Find(string practiceId)
    {
        ArgumentNullException.ThrowIfNull(practiceId);
        if (!_practices.TryGetValue(practiceId, out var practice))
        {
            throw PracticeException.NotFound($"no practice '{OperationRequest.Shorten(practiceId)}' here; known: {string.Join(", ", _practices.Keys)}");
        }

        return _refuse(practiceId) is { } reason ? throw new PracticeException(PracticeError.PermissionDenied, reason) : practice;
    }

    /// <summary>Some settings last without being asked to: a kernel argument is for later boots or for none.</summary>
    private void CheckLasting(IReadOnlyList<Change> changes)
    {
        if (changes.Any(static c => c.TakesEffect is not (TakesEffect.Now or TakesEffect.Unspecified)) && _refuseLasting() is { } reason)
        {
            throw new PracticeException(PracticeError.PermissionDenied, reason);
        }
    }

    private Journal? OpenJournalOrNull()
    {
        try
        {
            return OpenJournal();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private IReadOnlyList<OwnedValue> Owned(string practiceId)
    {
        // Observing works without a journal; drift cannot be told then.
        if (OpenJournalOrNull() is not { } journal)
        {
            return [];
        }

        var bootId = _readBootId();
        lock (_journalLock)
        {
            return journal.OwnedBy(practiceId, bootId);
        }
    }

    private Operation Describe(Operation operation)
        => operation.State == OperationState.Begun && !string.Equals(operation.OperationId, _running, StringComparison.Ordinal)
            ? operation with { Error = "cut off before its end; call again with the same operation id to complete it, or undo it" }
            : operation;
}
