using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Haltpoll;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.KernelArguments;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.Agent.Policy;
using GuestTune.Agent.PvQspinlock;
using GuestTune.Agent.QemuGa;
using GuestTune.Agent.Rebooting;
using GuestTune.Agent.Rebooting.BootTrials;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.Services;
using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;
using GuestTune.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace GuestTune.Agent.Hosting;

/// <summary>Puts the agent into a host, whatever transport that has.</summary>
internal static class AgentServiceCollectionExtensions
{
    /// <summary>No request of this API needs more: 64 KiB of ping payload and its frame.</summary>
    private const int MaximumRequestBytes = 256 * 1024;

    /// <exception cref="OptionsValidationException">Names every mistake.</exception>
    public static IServiceCollection AddAgent(this IServiceCollection services, AgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var mistakes = options.Validate().ToList();
        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(nameof(AgentOptions), typeof(AgentOptions), mistakes);
        }

        var files = new RootedFileSystem(options.Root);
        var kernel = new KernelIdentity(files);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(files);
        services.AddSingleton(kernel);
        services.AddSingleton<AgentIdentity>();
        services.AddSingleton<IKernelLog, KernelLog>();
        services.AddSingleton<IBootArguments>(static provider => provider.GetRequiredService<BootArguments>());
        services.AddSingleton<SealedDiskFinder>();
        services.AddSingleton<SealedDiskGuard>();

        // The processor belongs to the running system, not to some other tree.
        services.AddSingleton<IPractice>(provider => new HaltpollPractice(
            files,
            kernel,
            files.IsSystemRoot ? HypervisorSignature.Probe() : null,
            provider.GetRequiredService<IBootArguments>(),
            provider.GetRequiredService<IKernelLog>(),
            provider.GetRequiredService<SealedDiskGuard>()));
        services.AddSingleton<IPractice, PvQspinlockPractice>();
        services.AddSingleton<IPractice, QemuGaPractice>();
        services.AddSingleton(new HaltpollBootValues(files, kernel, options.StateDirectory));
        services.TryAddSingleton<ICommandRunner, CommandRunner>();
        services.AddSingleton<IGuestRestart, SystemdRestart>();
        services.AddSingleton<IGuestRestart, KernelRestart>();
        services.AddSingleton<IBootTrials, GrubBootTrials>();
        services.AddSingleton(new RebootRecords(files, options.StateDirectory));
        services.AddSingleton<GuestReboot>();
        services.AddSingleton(static provider => new BootArguments(
            provider.GetRequiredService<RootedFileSystem>(), provider.GetRequiredService<ICommandRunner>(), provider.GetRequiredService<AgentOptions>().StateDirectory));
        // The policy names practices, so it cannot be there before them.
        services.AddSingleton<IPractice>(static provider => new KernelArgumentsPractice(
            provider.GetRequiredService<RootedFileSystem>(),
            provider.GetRequiredService<BootArguments>(),
            provider.GetRequiredService<IKernelLog>(),
            provider.GetRequiredService<SealedDiskGuard>(),
            () => provider.GetRequiredService<PolicySource>().Current));
        services.AddSingleton<PolicySource>();
        services.AddSingleton<PolicyInterceptor>();
        services.AddSingleton(static provider => CreateEngine(provider));
        services.TryAddSingleton<ITpmDevices, TpmDevices>();
        services.AddSingleton<GuestTpm>();
        services.AddSingleton<PcrMemory>();
        services.AddSingleton<SysfsPcrs>();
        services.AddSingleton<ToolPcrs>();
        services.AddSingleton<PcrReader>();
        services.AddSingleton<GuestAttestation>();
        services.AddSingleton<EventLogFile>();
        services.AddSingleton<GrubFiles>();
        services.AddSingleton<AgentService>();
        services.AddSingleton<MeasuredBootService>();
        services.AddSingleton<HealthService>();
        services.AddHostedService<AgentStartup>();
        services.AddGrpc(static grpc =>
        {
            grpc.MaxReceiveMessageSize = MaximumRequestBytes;
            grpc.Interceptors.Add<PolicyInterceptor>();
        });
        return services;
    }

    public static IEndpointRouteBuilder MapAgent(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<AgentService>();
        endpoints.MapGrpcService<MeasuredBootService>();
        endpoints.MapGrpcService<HealthService>();
        return endpoints;
    }

    private static OperationEngine CreateEngine(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<AgentOptions>();
        var files = provider.GetRequiredService<RootedFileSystem>();
        var kernel = provider.GetRequiredService<KernelIdentity>();
        var policies = provider.GetRequiredService<PolicySource>();
        return new OperationEngine(
            provider.GetServices<IPractice>(),
            () => Journal.Open(new JournalOptions { Directory = files.Resolve(options.StateDirectory), KeptOperations = options.KeptOperations }),
            () => kernel.BootId,
            practice => policies.Current.WhyPracticeRefused(practice),
            provider.GetRequiredService<TimeProvider>(),
            () => policies.Current.WhyPersistRefused());
    }
}
