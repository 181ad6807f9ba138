using System.Runtime.CompilerServices;
using Grpc.Core;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.V1;
using GuestTune.VirtioSerial;
using Events = System.Threading.Channels.Channel;

namespace GuestTune.Controller.Fleet;

/// <summary>
/// Makes one call on many VMs: so many at once, each within its time limit, and none able to hold up or fail another.
/// </summary>
internal sealed class FleetRunner(LinkPool links, AgentLinkOptions options, TimeProvider time)
{
    // Results wait here for a slow reader; workers wait for room, so its memory is bounded.
    private const int EventBacklog = 64;

    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMilliseconds(500);

    /// <param name="changes">The call changes something in the guest; only words of error messages depend on it.</param>
    public IAsyncEnumerable<VmEvent> RunAsync(IReadOnlyList<VmEntry> vms, Pacing pacing, bool changes, VmCall call, CancellationToken cancellationToken) =>
        RunAsync(
            vms,
            pacing.MaxParallel,
            async (vm, _, token) =>
            {
                var (result, error) = await CallAsync(vm, pacing, changes, context => call(context), token);
                return result ?? new VmEvent { Error = error };
            },
            cancellationToken);

    /// <summary>For work that is more than one call; it minds its own time.</summary>
    public static async IAsyncEnumerable<VmEvent> RunAsync(
        IReadOnlyList<VmEntry> vms,
        int maxParallel,
        VmJob job,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var selected = new Selected();
        selected.Vms.AddRange(vms.Select(vm => vm.Name));
        yield return new VmEvent { Selected = selected };

        var events = Events.CreateBounded<VmEvent>(new System.Threading.Channels.BoundedChannelOptions(EventBacklog) { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = WorkAsync();
        try
        {
            // To the end, which comes soon after a cancellation: a VM that has answered before it is told as answered.
            await foreach (var one in events.Reader.ReadAllAsync(CancellationToken.None))
            {
                yield return one;
            }
        }
        finally
        {
            // The reader may have gone away in the middle.
            await stop.CancelAsync();
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task WorkAsync()
        {
            Exception? failure = null;
            try
            {
                var bounds = new ParallelOptions { MaxDegreeOfParallelism = maxParallel, CancellationToken = stop.Token };
                await Parallel.ForEachAsync(vms, bounds, async (vm, token) =>
                {
                    await SendAsync(vm, new VmEvent { Started = new Started() }, token);
                    await SendAsync(vm, await DoAsync(vm, job, one => SendAsync(vm, one, token), token), token);
                });
            }
            catch (Exception e)
            {
                failure = e;
            }

            events.Writer.Complete(failure);
        }

        ValueTask SendAsync(VmEntry vm, VmEvent one, CancellationToken token)
        {
            one.Vm = vm.Name;
            return events.Writer.WriteAsync(one, token);
        }
    }

    /// <summary>One call on one VM, over as many sessions as it takes within its time.</summary>
    public async Task<VmAnswer<T>> CallAsync<T>(
        VmEntry vm, Pacing pacing, bool changes, Func<VmCallContext, Task<T>> call, CancellationToken cancellationToken)
        where T : class
    {
        if (vm.Channel is null)
        {
            return VmFailure.NoChannel(vm);
        }

        // Until it is attached a VM has less time.
        using var timer = new CancellationTokenSource(pacing.AttachLimit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var began = time.GetTimestamp();
        var deadline = time.GetUtcNow().UtcDateTime + pacing.TimeLimit;
        await using var lease = links.Acquire(vm.Channel);
        var attempt = new Attempt(() => timer.CancelAfter(TimeSpan.FromTicks(Math.Max(1, (pacing.TimeLimit - time.GetElapsedTime(began)).Ticks))));
        try
        {
            return await CallUntilAnsweredAsync(vm, lease.Link, deadline, attempt, call, linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && timer.IsCancellationRequested)
        {
            return TimedOut();
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            return IsTimeout(e, timer.Token) ? TimedOut() : VmFailure.FromAgent(e.Status, options.MaxReceiveMessageSizeBytes);
        }
        catch (AttachException e) when (!cancellationToken.IsCancellationRequested)
        {
            return attempt.Reached ? VmFailure.Broken(vm, e.Message, changes) : VmFailure.NotAttached(e.Message);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return VmFailure.Unexpected(vm, e);
        }

        VmError TimedOut() => attempt switch
        {
            { Reached: false } => VmFailure.AttachTimeout(vm, pacing.AttachLimit, attempt.Failure),
            { Failure: { } reason } => VmFailure.Broken(vm, reason, changes),
            _ => VmFailure.CallTimeout(vm, pacing.TimeLimit, changes, attempt.Attachment?.Session.IsPeerResponsive ?? true),
        };
    }

    private static async Task<VmEvent> DoAsync(VmEntry vm, VmJob job, Func<VmEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        try
        {
            return await job(vm, report, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new VmEvent { Error = VmFailure.Unexpected(vm, e) };
        }
    }

    /// <summary>
    /// Repeats a call whose session broke under it. That is safe for every call: one that changes something carries an
    /// operation id, and the agent answers a known id with its first answer.
    /// </summary>
    private async Task<T> CallUntilAnsweredAsync<T>(
        VmEntry vm, AgentLink link, DateTime deadline, Attempt attempt, Func<VmCallContext, Task<T>> call, CancellationToken cancellationToken)
    {
        for (var delay = FirstRetryDelay; ; delay = delay < LongestRetryDelay ? delay * 2 : LongestRetryDelay)
        {
            try
            {
                var attachment = await link.AttachAsync(cancellationToken);
                attempt.Reach(attachment);
                using var expectation = attachment.Session.ExpectAnswer();
                var callOptions = new CallOptions(deadline: deadline, cancellationToken: cancellationToken);
                return await call(new VmCallContext(vm, link.Client, link.MeasuredBoot, callOptions, attachment, time));
            }
            catch (AttachException e) when (e.Failure is AttachFailure.Lost or AttachFailure.Held)
            {
                // The VM was reset, QEMU let another client go in the same moment, libvirt's daemon is restarted, or another program has the port.
                attempt.Failure = e.Message;
            }
            catch (RpcException e) when (MayBeRepeated(e.StatusCode, attempt.Attachment, cancellationToken.IsCancellationRequested))
            {
                attempt.Failure = e.Status.Detail;
            }

            // Where the time has run out meanwhile, it ends here, and what failed last is its reason.
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    // The agent itself never answers UNAVAILABLE (agent.proto): the connection said it. A connection that breaks is also
    // reported as one of the others, but then the session under it has ended, and nobody has cancelled the call.
    private static bool MayBeRepeated(StatusCode code, Attachment? attachment, bool isCancelled) => code switch
    {
        StatusCode.Unavailable => true,
        StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled => attachment is { HasEnded: true } && !isCancelled,
        _ => false,
    };

    private static bool IsTimeout(RpcException e, CancellationToken timer) =>
        e.StatusCode == StatusCode.DeadlineExceeded || (e.StatusCode == StatusCode.Cancelled && timer.IsCancellationRequested);

    /// <param name="attached">Called when the first session is there.</param>
    private sealed class Attempt(Action attached)
    {
        /// <summary>The last session that the call went over; null where none was had.</summary>
        public Attachment? Attachment { get; private set; }

        public bool Reached => Attachment is not null;

        /// <summary>Why the last one failed.</summary>
        public string? Failure { get; set; }

        public void Reach(Attachment attachment)
        {
            if (!Reached)
            {
                attached();
            }

            Attachment = attachment;
        }
    }
}
