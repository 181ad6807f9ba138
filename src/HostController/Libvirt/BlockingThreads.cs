namespace GuestTune.Controller.Libvirt;

/// <summary>
/// Threads for calls that block: as many as there are calls at once, so that one that hangs holds up none but its own, and each used again, since to make
/// one takes as long as libvirt takes for an answer.
/// </summary>
internal static class BlockingThreads
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);
    private static readonly object Gate = new();
    private static readonly Queue<Action> Waiting = new();
    private static int _idle;

    public static Task<T> RunAsync<T>(Func<T> work)
    {
        // Whoever waits for the answer must not go on here: he might block this thread.
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start(() =>
        {
            try
            {
                answer.SetResult(work());
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        });
        return answer.Task;
    }

    private static void Start(Action action)
    {
        lock (Gate)
        {
            Waiting.Enqueue(action);
            if (Waiting.Count <= _idle)
            {
                Monitor.Pulse(Gate);
                return;
            }
        }

        new Thread(Work) { IsBackground = true, Name = "libvirt" }.Start();
    }

    private static void Work()
    {
        while (Next() is { } action)
        {
            action();
        }
    }

    /// <returns>Null where there was nothing to do for a while.</returns>
    private static Action? Next()
    {
        lock (Gate)
        {
            while (Waiting.Count == 0)
            {
                _idle++;
                var isTold = Monitor.Wait(Gate, IdleTime);
                _idle--;
                if (!isTold && Waiting.Count == 0)
                {
                    return null;
                }
            }

            return Waiting.Dequeue();
        }
    }
}
