namespace GuestTune.FakePort;

/// <summary>Turns "try again" into waiting.</summary>
internal static class Waiting
{
    /// <summary>Tries until the result is not negative, again after each change of the port.</summary>
    public static async ValueTask<int> RunAsync(FakeVirtioPort port, Func<int> attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (port.Sync)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = attempt();
                if (result >= 0)
                {
                    return result;
                }

                changed = port.WaitForChange();
            }

            await changed.WaitAsync(cancellationToken);
        }
    }
}
