using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.LibvirtAuth;
using GuestTune.Controller.V1;
using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;
using GuestTune.Protocol;

namespace GuestTune.Controller.HostPractices;

/// <summary>The host's practices on the engine that agents have, too, with a journal of their own in the controller's state directory.</summary>
internal sealed class HostTuning : IHostTuning
{
    private const string UserOperation = "libvirt-user";
    private const uint UsualHistory = 50;
    private const uint MostHistory = 1000;

    private readonly OperationEngine _engine;

    /// <param name="stateDirectory">Made where it is missing, when something is changed or remembered for the first time.</param>
    public static HostTuning Create(RootedFileSystem files, string stateDirectory, TimeProvider time, IDomainHugepages? needs = null)
    {
        var (kernel, commands) = (new HostKernel(files), new CommandRunner(files, time));
        return new HostTuning(
            [
                new HaltPollingPractice(files, kernel),
                new KworkerIsolationPractice(files, kernel),
                new TransparentHugepagesPractice(files, kernel),
                new StaticHugepagesPractice(files, kernel, needs),
                new VtpmStatePractice(files),
                new LibvirtAuthPractice(files, new SystemdLibvirtControl(files, commands), commands, time),
            ],
            files,
            stateDirectory,
            time);
    }

    internal HostTuning(IReadOnlyList<IPractice> practices, RootedFileSystem files, string stateDirectory, TimeProvider time)
    {
        var kernel = new HostKernel(files);
        _engine = new OperationEngine(practices, () => OpenJournal(stateDirectory), () => kernel.BootId, time: time);
    }

    public Task<ObserveResponse> ObserveAsync(Agent.V1.ObserveRequest request, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        var response = new ObserveResponse();
        foreach (var id in request.Practices.Count > 0 ? request.Practices : _engine.Practices.Select(static p => p.Id))
        {
            cancellationToken.ThrowIfCancellationRequested();
            response.Observations.Add(_engine.Observe(id).ToMessage());
        }

        return ValueTask.FromResult(response);
    });

    public Task<PlanResponse> PlanAsync(Agent.V1.PlanRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(() => ValueTask.FromResult(new PlanResponse { Plan = _engine.Plan(request.Desired.ToDesired()).ToMessage() }));

    public Task<ApplyResponse> ApplyAsync(Agent.V1.ApplyRequest request, CancellationToken cancellationToken) => AnswerAsync(async () =>
    {
        var answer = await _engine.ApplyAsync(request.OperationId, request.Desired.ToDesired(), cancellationToken);
        return new ApplyResponse { Operation = answer.Operation.ToMessage(), Observation = answer.Observation.ToMessage(), RepeatedAnswer = answer.Repeated };
    });

    public Task<UndoResponse> UndoAsync(Agent.V1.UndoRequest request, CancellationToken cancellationToken) => AnswerAsync(async () =>
    {
        var answer = await _engine.UndoAsync(request.OperationId, request.TargetOperationId, request.Force, cancellationToken);
        return new UndoResponse { Operation = answer.Operation.ToMessage(), Observation = answer.Observation.ToMessage(), RepeatedAnswer = answer.Repeated };
    });

    public Task<HistoryResponse> HistoryAsync(Agent.V1.HistoryRequest request, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        var limit = request.Limit == 0 ? UsualHistory : Math.Min(request.Limit, MostHistory);
        return ValueTask.FromResult(new HistoryResponse { Operations = { _engine.History((int)limit).Select(static o => o.ToMessage()) } });
    });

    public Task<ListLibvirtUsersResponse> ListLibvirtUsersAsync(ListLibvirtUsersRequest request, CancellationToken cancellationToken) => AnswerAsync(() =>
    {
        var users = Users();
        return ValueTask.FromResult(new ListLibvirtUsersResponse { Database = users.Database, Users = { users.List() } });
    });

    // Not in the middle of an operation, which has a user of its own for a moment.
    public Task<AddLibvirtUserResponse> AddLibvirtUserAsync(AddLibvirtUserRequest request, CancellationToken cancellationToken) => AnswerAsync(() => _engine.RunAloneAsync(
        UserOperation,
        () =>
        {
            Users().Add(request.User, request.Password, request.Replace);
            return new AddLibvirtUserResponse();
        },
        cancellationToken));

    public Task<RemoveLibvirtUserResponse> RemoveLibvirtUserAsync(RemoveLibvirtUserRequest request, CancellationToken cancellationToken) => AnswerAsync(() => _engine.RunAloneAsync(
        UserOperation,
        () =>
        {
            Users().Remove(request.User);
            return new RemoveLibvirtUserResponse();
        },
        cancellationToken));

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

    private SaslUsers Users() => _engine.Practices.OfType<LibvirtAuthPractice>().First().Users();

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
        catch (IOException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, StatusText.Bound(e.Message)));
        }
    });
}
