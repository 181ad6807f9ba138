using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Tells whether the kernel really idles by haltpoll, and if not, why as far as can be seen (drivers/cpuidle/cpuidle-haltpoll.c, haltpoll_init).</summary>
internal sealed class HaltpollDriver(RootedFileSystem files, KernelIdentity kernel, HypervisorSignature? hypervisor)
{
    private const string Cpuidle = "/sys/devices/system/cpu/cpuidle/";
    private const string DriverModule = "/sys/module/cpuidle_haltpoll";
    private const string DriverOption = "CONFIG_HALTPOLL_CPUIDLE";
    private const string ForceParameter = DriverModule + "/parameters/force";
    private const string EnableParameter = HaltpollParameter.Directory + "enable";
    private const string BuiltInModules = "modules.builtin";
    private const int MaximumModulesSizeBytes = 1024 * 1024;

    private static readonly string[] Compressions = ["", ".xz", ".zst", ".gz"];

    private readonly KernelConfig _config = new(files);

    /// <summary>As far as a program can know: KVM that the guest cannot tell to stop.</summary>
    public bool HostPollsToo => hypervisor is { IsKvm: true, HasPollControl: false };

    /// <param name="facts">Gets what was read.</param>
    public HaltpollIdling Read(KernelCommandLine commandLine, List<Fact> facts)
    {
        var driver = Read("current_driver", facts);
        Read("available_governors", facts);
        var governor = Read("current_governor", facts, "current_governor_ro");
        var force = Switch(HaltpollForce.Argument, ForceParameter, commandLine, facts);
        var enable = Switch(HaltpollForce.EnableArgument, EnableParameter, commandLine, facts);
        AddHypervisor(facts);
        return new HaltpollIdling(driver, governor, force, enable);
    }

    /// <returns>Null where haltpoll is in force, else why it is not.</returns>
    public string? WhyNotInForce(HaltpollIdling idling, KernelCommandLine commandLine)
    {
        if (idling.IsHaltpoll)
        {
            return null;
        }

        if (idling.Driver is HaltpollIdling.Name)
        {
            return $"the driver is haltpoll, but the governor is {idling.Governor ?? "unknown"}: write haltpoll to {Cpuidle}current_governor, or take cpuidle.governor= from the kernel command line";
        }

        var reasons = Obstacles(idling, commandLine);
        return $"current_driver is {idling.Driver ?? "unknown"}, not haltpoll" + (reasons.Count == 0 ? string.Empty : ": " + string.Join("; ", reasons));
    }

    /// <summary>What keeps the driver from loading, as far as can be seen.</summary>
    public List<string> Obstacles(HaltpollIdling idling, KernelCommandLine commandLine)
    {
        var reasons = new List<string>();
        AddCommandLineReasons(commandLine, reasons);
        AddHypervisorReasons(idling.Force, reasons);
        if (idling.Enable is false)
        {
            reasons.Add($"{HaltpollForce.EnableArgument}=Y is missing on the kernel command line");
        }
        else if (idling.Enable is null && kernel.Architecture is "aarch64")
        {
            reasons.Add($"{HaltpollForce.EnableArgument}=Y is missing on the kernel command line (kernels of openEuler for AArch64 ask for it)");
        }

        AddModuleReasons(reasons);
        return reasons;
    }

    private static void AddCommandLineReasons(KernelCommandLine commandLine, List<string> reasons)
    {
        if (commandLine.Find("idle") is { } idle)
        {
            reasons.Add($"the kernel command line has idle={idle}, with which the driver does not load");
        }

        if (commandLine.Find("cpuidle.off") is { } off && off is not "0")
        {
            reasons.Add($"the kernel command line has cpuidle.off={off}");
        }
    }

    private void AddHypervisorReasons(bool? force, List<string> reasons)
    {
        if (hypervisor is { IsKvm: false })
        {
            reasons.Add(hypervisor.Name.Length == 0
                ? "no KVM signature: CPUID shows no hypervisor"
                : $"no KVM signature: the hypervisor calls itself '{hypervisor.Name}' in CPUID");
        }
        else if (force is not true && hypervisor is not { HasRealtimeHint: true })
        {
            reasons.Add(hypervisor is null
                ? $"{HaltpollForce.Argument}=Y is missing on the kernel command line (needed where the host gives no hint-dedicated)"
                : $"the host gives no hint-dedicated (KVM_HINTS_REALTIME), and {HaltpollForce.Argument}=Y is missing on the kernel command line");
        }
    }

    private void AddModuleReasons(List<string> reasons)
    {
        if (files.DirectoryExists(DriverModule))
        {
            return;
        }

        var modules = $"/lib/modules/{kernel.Release}";
        if (files.ReadText($"{modules}/{BuiltInModules}", MaximumModulesSizeBytes).Text?.Contains("/cpuidle-haltpoll.ko\n", StringComparison.Ordinal) is true)
        {
            // Built in, by a kernel older than its parameter: then sysfs has no directory for it.
            return;
        }

        var file = modules + "/kernel/drivers/cpuidle/cpuidle-haltpoll.ko";
        var option = _config.Find(kernel.Release, DriverOption, isRunning: true);
        reasons.Add(Array.Exists(Compressions, suffix => files.FileExists(file + suffix))
            ? "the module cpuidle-haltpoll is not loaded: modprobe cpuidle-haltpoll (and name it in /etc/modules-load.d for later boots)"
            : files.DirectoryExists(modules) || option.IsOff
                ? $"kernel {kernel.Release} has no driver cpuidle-haltpoll, neither built in nor as a module" + (option.IsOff ? $" ({option})" : string.Empty)
                : $"the driver cpuidle-haltpoll is neither built in nor loaded ({DriverModule} is missing)");
    }

    private void AddHypervisor(List<Fact> facts)
    {
        if (hypervisor is null)
        {
            return;
        }

        const string Source = "CPUID 0x40000000";
        facts.Add(new Fact("hypervisor", Scope.Context, hypervisor.Name.Length == 0 ? null : hypervisor.Name, Source, hypervisor.Name.Length == 0 ? "none shows itself" : null));
        if (hypervisor.IsKvm)
        {
            facts.Add(new Fact("hint-dedicated", Scope.Context, hypervisor.HasRealtimeHint ? "Y" : "N", "CPUID 0x40000001 EDX bit 0"));
            facts.Add(new Fact("poll-control", Scope.Context, hypervisor.HasPollControl ? "Y" : "N", "CPUID 0x40000001 EAX bit 12"));
        }
    }

    private string? Read(string name, List<Fact> facts, string? olderName = null)
    {
        var reading = files.ReadText(Cpuidle + name);
        if (reading.IsMissing && olderName is not null)
        {
            // Before Linux 5.8 only the read-only name is there unless cpuidle_sysfs_switch was given.
            var older = files.ReadText(Cpuidle + olderName);
            (name, reading) = older.IsMissing ? (name, reading) : (olderName, older);
        }

        facts.Add(new Fact(name, Scope.Context, reading.Value, Cpuidle + name, reading.Problem));
        return reading.Value;
    }

    /// <summary>What is in force counts before what was asked for at boot.</summary>
    /// <returns>Null where neither says anything.</returns>
    private bool? Switch(string argument, string parameter, KernelCommandLine commandLine, List<Fact> facts)
    {
        var asked = commandLine.Find(argument);
        facts.Add(new Fact(argument, Scope.Context, asked, KernelCommandLine.Source, asked is null ? "not given" : null));
        var inForce = files.ReadText(parameter).Value;
        if (inForce is not null)
        {
            facts.Add(new Fact(argument is HaltpollForce.Argument ? HaltpollForce.Setting : argument, Scope.InForce, inForce, parameter));
        }

        return (inForce ?? asked) is { } text && BoolValue.Instance.TryNormalize(text, out var normalized, out _)
            ? normalized is "Y"
            : null;
    }
}
