using GuestTune.Agent.V1;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;
using GuestTune.Protocol;

namespace GuestTune.Controller.HostPractices;

/// <summary>The host's practices on the engine that agents have, too, with a journal of their own in the controller's state directory.</summary>
internal sealed class HostTuning : IHostTuning
{
    private const uint UsualHistory = 50;
    private const uint MostHistory = 1000;

    private readonly OperationEngine _engine;

    /// <param name="stateDirectory">Made where it is missing, when something is changed or remembered for the first time.</param>
    public HostTuning(RootedFileSystem files, string stateDirectory, TimeProvider time, IHugepageNeeds? needs = null)
        : this(Practices(files, new HostKernel(files), needs), files, stateDirectory, time)
    {
    }

    internal HostTuning(IEnumerable<IPractice> practices, RootedFileSystem files, string stateDirectory, TimeProvider time)
    {
        var kernel = new HostKernel(files);
        _engine = new OperationEngine(practices, () => OpenJournal(stateDirectory), () => kernel.BootId, time: time);
    }

    public Task<ObserveResponse> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        var response = new ObserveResponse();
        foreach (var id in request.Practices.Count > 0 ? request.Practices : _engine.Practices.Select(static p => p.Id))
        {
            cancellationToken.ThrowIfCancellationRequested();
            response.Observations.Add(_engine.Observe(id).ToMessage());
        }

        return ValueTask.FromResult(response);
    });

    public Task<PlanResponse> PlanAsync(PlanRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(() => ValueTask.FromResult(new PlanResponse { Plan = _engine.Plan(request.Desired.ToDesired()).ToMessage() }));

    public Task<ApplyResponse> ApplyAsync(ApplyRequest request, CancellationToken cancellationToken) => AnswerAsync(async () =>
    {
        var answer = await _engine.ApplyAsync(request.OperationId, request.Desired.ToDesired(), cancellationToken);
        return new ApplyResponse { Operation = answer.Operation.ToMessage(), Observation = answer.Observation.ToMessage(), RepeatedAnswer = answer.Repeated };
    });

    public Task<UndoResponse> UndoAsync(UndoRequest request, CancellationToken cancellationToken) => AnswerAsync(async () =>
    {
        var answer = await _engine.UndoAsync(request.OperationId, request.TargetOperationId, request.Force, cancellationToken);
        return new UndoResponse { Operation = answer.Operation.ToMessage(), Observation = answer.Observation.ToMessage(), RepeatedAnswer = answer.Repeated };
    });

    public Task<HistoryResponse> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        var limit = request.Limit == 0 ? UsualHistory : Math.Min(request.Limit, MostHistory);
        return ValueTask.FromResult(new HistoryResponse { Operations = { _engine.History((int)limit).Select(static o => o.ToMessage()) } });
    });

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

    private static IEnumerable<IPractice> Practices(RootedFileSystem files, HostKernel kernel, IHugepageNeeds? needs) =>
    [
        new HaltPollingPractice(files, kernel),
        new KworkerIsolationPractice(files, kernel),
        new TransparentHugepagesPractice(files, kernel),
        new StaticHugepagesPractice(files, kernel, needs),
        new VtpmStatePractice(files),
    ];

    private static Journal OpenJournal(string stateDirectory) => Journal.Open(new JournalOptions { Directory = stateDirectory });

    /// <summary>On another thread: files and programs are waited for.</summary>
    private static Task<T> AnswerAsync<T>(Func<ValueTask<T>> work) => Task.Run(async () =>
    {
        try
        {
            return await work();
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    });
}
