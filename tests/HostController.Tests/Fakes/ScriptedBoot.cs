using System.Collections.Concurrent;
using GuestTune.Agent.V1;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>The boots of a scripted guest: as an honest agent, each operation restarts it once.</summary>
internal sealed class ScriptedBoot
{
    private readonly ConcurrentDictionary<string, string> _asked = new(StringComparer.Ordinal);
    private int _boots;

    public string BootId { get; private set; } = "boot";

    public int RestartCount { get; private set; }

    public RebootRequest? LastRequest { get; private set; }

    /// <summary>Whether its boot loader can go back by itself.</summary>
    public bool CanTry { get; set; } = true;

    public BootTrial Trial { get; private set; } = new() { State = BootTrialState.None };

    /// <summary>No call is answered, as of a guest that is down.</summary>
    public bool IsDown { get; set; }

    /// <summary>Told of each of those.</summary>
    public Action OnCallWhileDown { get; set; } = () => { };

    /// <summary>What happens once it has been asked; at once it comes up in the next boot.</summary>
    public Action OnRestart { get; set; }

    public ScriptedBoot() => OnRestart = () => ComeUp();

    public RebootResponse Ask(RebootRequest request)
    {
        LastRequest = request;
        var before = _asked.GetValueOrDefault(request.OperationId);
        if ((before is not null && before != BootId) || (request.ExpectedBootId.Length > 0 && request.ExpectedBootId != BootId))
        {
            return new RebootResponse { State = RebootState.Restarted, BootId = BootId, BootIdBefore = before ?? "", Trial = Trial };
        }

        if (before is null)
        {
            _asked[request.OperationId] = BootId;
            Trial = request.Trial != TrialWish.None && CanTry
                ? new BootTrial { State = BootTrialState.Armed, OperationId = request.OperationId }
                : new BootTrial { State = BootTrialState.None, Reason = "the boot loader is not GRUB" };
            RestartCount++;
            var answer = new RebootResponse { State = RebootState.GoingDown, BootId = BootId, BootIdBefore = BootId, Trial = Trial };
            OnRestart();
            return answer;
        }

        return new RebootResponse { State = RebootState.GoingDown, BootId = BootId, BootIdBefore = before, Trial = Trial };
    }

    public void ComeUp(BootTrialState trial = BootTrialState.Tried)
    {
        BootId = $"boot-{++_boots}";
        if (Trial.State != BootTrialState.None)
        {
            Trial = new BootTrial { State = trial, OperationId = Trial.OperationId, Reason = $"guesttune_trial={trial}" };
        }

        IsDown = false;
    }

    public BootTrial EndTrial()
    {
        var ended = Trial;
        Trial = new BootTrial { State = BootTrialState.None };
        return ended;
    }

    public async Task WaitWhileDownAsync(CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            OnCallWhileDown();
        }

        while (IsDown)
        {
            await Task.Delay(10, cancellationToken);
        }
    }
}
