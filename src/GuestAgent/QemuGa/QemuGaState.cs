using GuestTune.Agent.Systemd;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>All that this guest has of qemu-ga at one moment: program, service, process, and the lists of each.</summary>
internal sealed class QemuGaState
{
    /// <summary>As distributions call the service.</summary>
    public static readonly string[] Units = ["qemu-guest-agent.service", "qemu-ga.service"];

    private QemuGaState(RootedFileSystem files, QemuGaProgram program)
    {
        Version = program.ReadVersion();
        Commands = program.ReadCommands();
        UnitName = FindUnit(files);
        if (UnitName is { } name)
        {
            Unit = ServiceUnit.Load(files, name);
            WithoutOurs = ServiceUnit.Load(files, name, without: BlockListDropIn.PathOf(name));
        }

        Process = QemuGaProcess.Find(files);
        Arguments = QemuGaArguments.Parse(Process?.Words ?? []);
        StartArguments = QemuGaArguments.Parse(Unit?.Start?.Words ?? []);
        Configuration = program.ReadConfiguration((Process is null ? StartArguments : Arguments).ConfigPath);
    }

    public string? Version { get; }

    /// <summary>Empty where qemu-ga cannot be asked.</summary>
    public IReadOnlyList<string> Commands { get; }

    public string? UnitName { get; }

    public ServiceUnit? Unit { get; }

    /// <summary>The unit as it would be without GuestTune.</summary>
    public ServiceUnit? WithoutOurs { get; }

    public QemuGaProcess? Process { get; }

    /// <summary>Of the process.</summary>
    public QemuGaArguments Arguments { get; }

    /// <summary>Of the unit: what the next start gives it.</summary>
    public QemuGaArguments StartArguments { get; }

    /// <summary>Of qemu-ga's own configuration file.</summary>
    public RpcLists Configuration { get; }

    public IReadOnlyList<string> BlockedNow => Process is null ? [] : Arguments.Lists.And(Configuration).Effective(Commands);

    /// <summary>Null where no unit starts it, so that nobody can tell.</summary>
    public IReadOnlyList<string>? BlockedAtNextStart => Unit?.Start is null ? null : StartArguments.Lists.And(Configuration).Effective(Commands);

    public static QemuGaState Read(RootedFileSystem files, QemuGaProgram program) => new(files, program);

    public static string? FindUnit(RootedFileSystem files) => Array.Find(Units, u => ServiceUnit.Load(files, u) is not null);
}
