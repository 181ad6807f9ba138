using System.Diagnostics;
using System.Globalization;
using GuestTune.VirtioSerial.Tests.Simulation;

namespace GuestTune.VirtioSerial.Tests;

public class ChannelPropertyTests
{
    private const int DefaultRuns = 100_000;

    /// <summary>GUESTTUNE_CHANNEL_SEED=N repeats the one run that failed; GUESTTUNE_CHANNEL_RUNS=N makes more or fewer of them.</summary>
    [Fact]
    public void RandomLivesOfAPort_NoByteLostMixedOrReordered_AndAlwaysAttachesAgain()
    {
        var seed = Read("GUESTTUNE_CHANNEL_SEED");
        var first = seed ?? 0;
        var runs = seed is null ? Read("GUESTTUNE_CHANNEL_RUNS") ?? DefaultRuns : 1;
        var statistics = new SimulationStatistics();
        var failures = new List<string>();
        var watch = Stopwatch.StartNew();
        Parallel.For(
            first,
            first + runs,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            (current, loop) =>
            {
                var run = new SimulatedRun(current);
                Exception? failure = null;
                try
                {
                    run.Run();
                }
                catch (Exception exception)
                {
                    failure = exception;
                }

                lock (statistics)
                {
                    statistics.Add(run.Statistics);
                    if (failure is not null)
                    {
                        failures.Add($"GUESTTUNE_CHANNEL_SEED={current}: {(failure is SimulationFailedException ? failure.Message : failure)}");
                        loop.Stop();
                    }
                }
            });
        TestContext.Current.SendDiagnosticMessage($"{runs} runs in {watch.Elapsed.TotalSeconds:0.0} s: {statistics}");
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }

    private static int? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
