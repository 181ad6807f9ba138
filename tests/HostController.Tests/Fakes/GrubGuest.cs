using Google.Protobuf;
using GuestTune.Agent.V1;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.Practice.V1;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>A guest that boots by GRUB: its boot files, what an operation makes of them, and what a start with them measures.</summary>
internal sealed class GrubGuest
{
    public const string Menu = "/boot/grub/grub.cfg";
    public const string Environment = "/boot/grub/grubenv";
    public const string Custom = "/boot/grub/custom.cfg";

    private const string Directory = "(hd0,gpt2)/grub";
    private readonly MeasuredVms _vms;
    private readonly string _name;

    /// <summary>The menu before each operation that was not undone.</summary>
    private readonly Stack<string> _before = new();
    private int _changes;

    public GrubGuest(MeasuredVms vms, string name, string arguments = "root=UUID=1234 ro quiet")
    {
        (_vms, _name) = (vms, name);
        Files[Menu] = MenuWith(arguments);
        Files[Environment] = "# GRUB Environment Block\n".PadRight(1024, '#');
        vms[name].BootFiles = () => Show(new ReadBootFilesResponse { Menu = Menu, Files = { Files.Select(f => new BootFile { Path = f.Key, Content = ByteString.CopyFromUtf8(f.Value) }) } });
        var agent = vms.AgentOf(name);
        agent.TakesEffect = TakesEffect.AfterGuestReboot;
        agent.SeenDesired = desired => _wanted = desired;
        agent.After = (call, _) =>
        {
            AfterCall(call);
            return Task.CompletedTask;
        };
        agent.Boot.OnRestart = () =>
        {
            (_trialOf, _trialArguments) = (agent.Boot.Trial.OperationId, _running);
            Start(isTrial: agent.Boot.Trial.State == BootTrialState.Armed);
            agent.Boot.ComeUp();
        };
    }

    /// <summary>One that was started, and whose start is its baseline.</summary>
    public static async Task<GrubGuest> SaveBaselineAsync(MeasuredVms vms, string name = "vm1")
    {
        var guest = new GrubGuest(vms, name);
        guest.Start();
        Assert.Equal(0, (await vms.RunAsync("pcr", "baseline", "save", name)).ExitCode);
        return guest;
    }

    private Desired _wanted = new();

    public SortedDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What the guest shows of its boot files; a test may lie.</summary>
    public Func<ReadBootFilesResponse, ReadBootFilesResponse> Show { get; set; } = files => files;

    /// <summary>What an operation writes into the menu for the arguments that were asked for; a test may write something else.</summary>
    public Func<string, string> Write { get; set; } = menu => menu;

    /// <summary>The kernel that is read.</summary>
    public string Kernel { get; set; } = "kernel";

    /// <summary>Carried out by GRUB beside what the menu says.</summary>
    public string? Extra { get; set; }

    /// <summary>A register that the firmware measures something else into.</summary>
    public int? OtherPcr { get; set; }

    public static string MenuWith(string arguments) =>
        $$"""
        if [ -s $prefix/grubenv ]; then
          load_env
        fi
        menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'simple' {
        	insmod gzio
        	linux	/vmlinuz-6.1 {{arguments}}
        	initrd	/initrd.img-6.1
        }
        ### BEGIN /etc/grub.d/41_custom ###
        if [ -f  ${config_directory}/custom.cfg ]; then
          source ${config_directory}/custom.cfg
        elif [ -z "${config_directory}" -a -f  $prefix/custom.cfg ]; then
          source $prefix/custom.cfg
        fi
        """;

    /// <summary>A start as GRUB measures it (grub-core/commands/tpm.c, script/execute.c), by hand.</summary>
    public void Start(bool isTrial = false)
    {
        var log = EditedLog.Of("ovmf-direct-kernel");
        if (OtherPcr is { } other)
        {
            log.Events.Add(EditedLog.Entry.Hashing(other, EventType.Ipl, "other"u8.ToArray(), "other"u8.ToArray()));
        }

        var menu = Files[Menu];
        var arguments = menu[(menu.IndexOf("/vmlinuz-6.1", StringComparison.Ordinal))..].Split('\n')[0];
        var armed = "# GRUB Environment Block\nguesttune_trial=armed\n".PadRight(1024, '#');
        var environment = isTrial ? armed : Files[Environment];
        log.AddGrub("grub_cmd: ", $"configfile {Directory}/grub.cfg");
        log.AddGrubFile($"{Directory}/grub.cfg", menu);
        log.AddGrub("grub_cmd: ", $"[ -s {Directory}/grubenv ]");
        log.AddGrubFile($"{Directory}/grubenv", environment);
        log.AddGrub("grub_cmd: ", "load_env");
        log.AddGrubFile($"{Directory}/grubenv", environment);
        log.AddGrub("grub_cmd: ", $"menuentry Debian GNU/Linux --class debian --id simple {{\n\tinsmod gzio\n\tlinux\t{arguments}\n\tinitrd\t/initrd.img-6.1\n}}");
        log.AddGrub("grub_cmd: ", $"[ -f {Directory}/custom.cfg ]");
        if (isTrial)
        {
            AddTrial(log, environment);
        }
        else
        {
            log.AddGrub("grub_cmd: ", $"[ -z {Directory} -a -f {Directory}/custom.cfg ]");
        }

        if (Extra is not null)
        {
            log.AddGrub("grub_cmd: ", Extra);
        }

        log.AddGrub("grub_cmd: ", "setparams Debian GNU/Linux");
        log.AddGrub("grub_cmd: ", "insmod gzio");
        log.AddGrub("grub_cmd: ", $"linux {arguments}");
        log.AddGrubFile("/vmlinuz-6.1", Kernel);
        log.AddGrub("kernel_cmdline: ", arguments);
        log.AddGrub("grub_cmd: ", "initrd /initrd.img-6.1");
        log.AddGrubFile("/initrd.img-6.1", "initrd");
        _vms.Boot(_name, log);
        _running = arguments;
    }

    private string _running = "";
    private string _trialOf = "";
    private string _trialArguments = "";

    private void AddTrial(EditedLog log, string environment)
    {
        var quoted = string.Join(' ', _trialArguments.Split(' ').Select((w, i) => i == 0 ? w : $"'{w}'"));
        var body = $"\tinsmod gzio\n\tlinux {quoted}\n\tinitrd\t/initrd.img-6.1";
        var custom =
            $$"""
            ### BEGIN guesttune boot trial of operation {{_trialOf}} ###
            # guesttune-agent takes this away once the boot is confirmed.
            if [ -n "${config_directory}" ]; then
              set guesttune_env="${config_directory}/grubenv"
            else
              set guesttune_env="$prefix/grubenv"
            fi
            load_env --file "$guesttune_env" guesttune_trial
            if [ "${guesttune_trial}" = "armed" ]; then
              set guesttune_trial=tried
              save_env --file "$guesttune_env" guesttune_trial
            elif [ "${guesttune_trial}" = "tried" ]; then
              set guesttune_trial=fell-back
              save_env --file "$guesttune_env" guesttune_trial
              set default=guesttune-previous
            elif [ "${guesttune_trial}" = "fell-back" ]; then
              set default=guesttune-previous
            fi
            menuentry 'Previous kernel command line (guesttune)' --id guesttune-previous {
            {{body}}
            }
            ### END guesttune boot trial ###

            """;
        log.AddGrub("grub_cmd: ", $"source {Directory}/custom.cfg");
        log.AddGrubFile($"{Directory}/custom.cfg", custom);
        log.AddGrub("grub_cmd: ", $"[ -n {Directory} ]");
        log.AddGrub("grub_cmd: ", $"set guesttune_env={Directory}/grubenv");
        log.AddGrub("grub_cmd: ", $"load_env --file {Directory}/grubenv guesttune_trial");
        log.AddGrubFile($"{Directory}/grubenv", environment);
        log.AddGrub("grub_cmd: ", "[ armed = armed ]");
        log.AddGrub("grub_cmd: ", "set guesttune_trial=tried");
        log.AddGrub("grub_cmd: ", $"save_env --file {Directory}/grubenv guesttune_trial");
        log.AddGrub("grub_cmd: ", $"menuentry Previous kernel command line (guesttune) --id guesttune-previous {{\n{body}\n}}");
    }

    private void AfterCall(string call)
    {
        var agent = _vms.AgentOf(_name);
        switch (call)
        {
            case "Apply" when agent.ChangeCount > _changes:
                _changes++;
                _before.Push(Files[Menu]);
                var added = string.Join(' ', _wanted.Settings.Where(static s => s.Value != "!remove").Select(static s => s.Value.Length == 0 ? s.Key : $"{s.Key}={s.Value}"));
                Files[Menu] = Write(Files[Menu].Replace("quiet", $"quiet {added}", StringComparison.Ordinal));
                break;
            case "Undo" when _before.Count > 0:
                Files[Menu] = Write(_before.Pop());
                break;
        }
    }
}
