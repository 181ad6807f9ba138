using GuestTune.Agent.QemuGa;
using GuestTune.Agent.Systemd;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.QemuGa;

/// <summary>A tree with systemd and qemu-ga in it: a restart starts a process with what the unit says at that moment.</summary>
internal sealed class FakeSystem : ICommandRunner, IDisposable
{
    public const string Unit = "qemu-guest-agent.service";
    public const string DropIn = "/etc/systemd/system/qemu-guest-agent.service.d/90-guesttune-blocklist.conf";

    private static readonly string[] Commands =
        ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info", "guest-exec", "guest-exec-status", "guest-file-open", "guest-file-close", "guest-file-read", "guest-shutdown"];

    private int _processId = 700;

    public FakeSystem(string version = "7.2.22", string start = "-/usr/sbin/qemu-ga")
    {
        Version = version;
        Tree.Write("/usr/sbin/qemu-ga", "program");
        Tree.Write("/lib/systemd/system/" + Unit, $"[Unit]\nDescription=QEMU Guest Agent\n\n[Service]\nExecStart={start}\nRestart=always\n");
        Directory.CreateDirectory(Tree.File("/run/systemd/system"));
        Directory.CreateDirectory(Tree.File("/etc/systemd/system"));
        Directory.CreateDirectory(Tree.File("/proc"));
        Files = new RootedFileSystem(Tree.Path);
    }

    public GuestTree Tree { get; } = GuestTree.WithoutHaltpoll();

    public RootedFileSystem Files { get; }

    public HastyTime Time { get; } = new();

    public string Version { get; set; }

    public bool IsRunning { get; private set; }

    /// <summary>What qemu-ga does at a start; false: it ends at once.</summary>
    public Func<QemuGaArguments, bool> Starts { get; set; } = _ => true;

    /// <summary>Words of systemd when it does not restart; null: it does.</summary>
    public string? RestartError { get; set; }

    public List<string> Log { get; } = [];

    public string? WhyNotAvailable { get; set; }

    private bool IsOld => Version.StartsWith("6.", StringComparison.Ordinal);

    private bool HasAllow => Version.StartsWith("8.", StringComparison.Ordinal) || Version.StartsWith("9.", StringComparison.Ordinal);

    public QemuGaPractice Practice() => new(Files, this, Time);

    public FakeSystem Start()
    {
        StopProcess();
        var words = ServiceUnit.Load(Files, Unit)!.Start!.Words.ToArray();
        if (WhyRefused(words) is null && Starts(QemuGaArguments.Parse(words)))
        {
            WriteProcess(++_processId, words);
            IsRunning = true;
        }

        return this;
    }

    public void WriteProcess(int id, string[] words, string user = "0")
    {
        Tree.Write($"/proc/{id}/comm", "qemu-ga\n");
        Tree.Write($"/proc/{id}/status", $"Name:\tqemu-ga\nUid:\t{user}\t{user}\t{user}\t{user}\n");
        Tree.Write($"/proc/{id}/cmdline", string.Join('\0', ["/usr/sbin/qemu-ga", .. words]) + "\0");
        File.CreateSymbolicLink(Tree.File($"/proc/{id}/exe"), "/usr/sbin/qemu-ga");
    }

    public string? Find(string program) => program;

    public CommandResult Run(Command command)
    {
        Log.Add(command.ToString());
        return (Path.GetFileName(command.Program), command.Arguments) switch
        {
            ("systemctl", ["is-active", ..]) => new CommandResult(IsRunning ? 0 : 3, "", ""),
            ("systemctl", ["daemon-reload"]) => Good(""),
            ("systemctl", ["restart", Unit]) => Restart(),
            ("qemu-ga", ["--version"]) => Good($"QEMU Guest Agent {Version}\n"),
            ("qemu-ga", ["-b", "?"]) => Good(string.Join('\n', Commands) + "\n"),
            ("qemu-ga", ["--help"]) => Good(IsOld ? "  -b, --blacklist   comma-separated list\n" : "  -b, --block-rpcs  comma-separated list\n" + (HasAllow ? "  -a, --allow-rpcs  comma-separated list\n" : "")),
            ("qemu-ga", ["--dump-conf"]) => Good(Files.ReadText(QemuGaConfig.DefaultPath).Text ?? "[general]\nblock-rpcs=\n"),
            ("qemu-ga", ["--dump-conf", ..]) => WhyRefused(command.Arguments.Skip(1)) is { } reason ? new CommandResult(1, "", reason) : Good("[general]\n"),
            _ => throw new InvalidOperationException($"unexpected: {command}"),
        };
    }

    public void Dispose() => Tree.Dispose();

    private static CommandResult Good(string output) => new(0, output, "");

    private CommandResult Restart()
    {
        if (RestartError is { } error)
        {
            return new CommandResult(1, "", error);
        }

        Start();
        return Good("");
    }

    public void StopProcess()
    {
        IsRunning = false;
        foreach (var process in Directory.GetDirectories(Tree.File("/proc"), "7*"))
        {
            Directory.Delete(process, recursive: true);
        }
    }

    /// <summary>As getopt_long(3) and qemu-ga itself say no.</summary>
    private string? WhyRefused(IEnumerable<string> words)
    {
        var arguments = words.ToArray();
        var unknown = arguments.FirstOrDefault(w => (w.StartsWith("--block-rpcs", StringComparison.Ordinal) && IsOld) || (w.StartsWith("--allow-rpcs", StringComparison.Ordinal) && !HasAllow)
            || (w.StartsWith("--blacklist", StringComparison.Ordinal) && Version.StartsWith("9.1", StringComparison.Ordinal)) || w.StartsWith("--bogus", StringComparison.Ordinal));
        var lists = QemuGaArguments.Parse(arguments).Lists;
        return unknown is not null ? $"qemu-ga: unrecognized option '{unknown}'"
            : lists is { Allowed: not null, Blocked.Count: > 0 } && Version.StartsWith("8.", StringComparison.Ordinal) ? "wrong option: block and allow list at the same time are not allowed"
            : null;
    }
}
