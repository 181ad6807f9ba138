using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Haltpoll;
using GuestTune.Agent.Policy;
using GuestTune.Practices;
using GuestTune.Practices.Journaling;
using GuestTune.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace GuestTune.Agent.Hosting;

/// <summary>Looks at the journal and the policy before the first call, so that their problems are in the log and a second agent does not start.</summary>
internal sealed class AgentStartup(
    OperationEngine engine,
    PolicySource policies,
    HaltpollBootValues bootValues,
    BootArguments bootArguments,
    HealthService health,
    IHostApplicationLifetime lifetime,
    ILogger<AgentStartup> logger) : IHostedService
{
    /// <exception cref="StateLockedException">Another agent uses the state directory.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        OpenJournal();
        RecoverBootLoader();
        var policy = policies.Current;
        if (policy.Problem is null && policy.MayPersist && policy.WhyPracticeRefused(HaltpollPractice.PracticeId) is null)
        {
            foreach (var line in bootValues.ApplyOnce())
            {
                logger.BootValue(HaltpollPractice.Configuration, line);
            }
        }

        // A health watch has no end of its own, and the server waits for its calls when it stops.
        lifetime.ApplicationStopping.Register(health.EndWatches);
        health.SetStatus(string.Empty, ServingStatus.Serving);
        health.SetStatus(AgentRpc.ServiceName, ServingStatus.Serving);
        health.SetStatus(AgentRpc.MeasuredBootServiceName, ServingStatus.Serving);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void RecoverBootLoader()
    {
        try
        {
            foreach (var file in bootArguments.Recover())
            {
                logger.BootLoaderRecovered(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.BootLoaderNotRecovered(e.Message);
        }
    }

    private void OpenJournal()
    {
        try
        {
            var journal = engine.OpenJournal();
            if (journal.CutOffBytes > 0)
            {
                logger.JournalCut(journal.FilePath, journal.CutOffBytes);
            }

            foreach (var operation in engine.History(journal.OperationCount))
            {
                if (operation.State == OperationState.Begun)
                {
                    logger.OperationCutOff(operation.OperationId, operation.Practice);
                }
            }
        }
        catch (StateLockedException)
        {
            throw;
        }
        catch (IOException e)
        {
            // Reading is still useful, and a disk that is full now may have room later.
            logger.JournalUnusable(e.Message);
        }
    }
}
