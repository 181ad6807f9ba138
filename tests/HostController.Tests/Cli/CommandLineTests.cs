using System.CommandLine;
using System.Text.Json;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Cli;
using GuestTune.Controller.Inventory;
using GuestTune.HostController.Tests.Fakes;
using static GuestTune.HostController.Tests.Fakes.Cli;

namespace GuestTune.HostController.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("frob", "Unrecognized command or argument 'frob'")]
    [InlineData("ping", "no VM is named; name VMs, or select them by --label, or take all of them by --all")]
    [InlineData("ping vm1 --all", "names of VMs and --all exclude each other")]
    [InlineData("ping vm1 --count 0", "--count cannot be '0'; it must be a whole number from 1 to 10000")]
    [InlineData("ping vm1 --count 1.5", "--count cannot be '1.5'")]
    [InlineData("ping vm1 --timeout -1", "--timeout cannot be '-1'")]
    [InlineData("ping vm1 --timeout abc", "--timeout cannot be 'abc'; it must be a number from 0.001 to 3600")]
    [InlineData("ping vm1 --parallel 1025", "--parallel cannot be '1025'; it must be a whole number from 1 to 1024")]
    [InlineData("ping vm1 -o xml", "--output cannot be 'xml'; it must be table or json")]
    [InlineData("ping -l a!b", "--label cannot be 'a!b'")]
    [InlineData("set haltpoll vm1", "no setting of haltpoll is given; give at least one of --guest-halt-poll-ns, --grow, --shrink, --grow-start, --allow-shrink")]
    [InlineData("set haltpoll vm1 --persist", "no setting of haltpoll is given")]
    [InlineData("set haltpoll vm1 --guest-halt-poll-ns 4294967296", "--guest-halt-poll-ns cannot be '4294967296'; it must be a whole number from 0 to 4294967295")]
    [InlineData("set haltpoll vm1 --grow -1", "--grow cannot be '-1'; it must be a whole number from 0 to 4294967295")]
    [InlineData("set haltpoll vm1 --allow-shrink yes", "--allow-shrink cannot be 'yes'; it must be true or false")]
    [InlineData("set haltpoll vm1 --grow 1 --operation-id a/b", "--operation-id cannot be 'a/b'; it must be 1 to 64 characters of A-Z a-z 0-9 . _ -")]
    [InlineData("undo vm1 --operation a/b", "--operation cannot be 'a/b'")]
    [InlineData("set haltpoll", "no VM is named")]
    [InlineData("plan haltpoll vm1", "no setting of haltpoll is given")]
    [InlineData("set qemu-ga vm1", "no setting of qemu-ga is given; give at least one of --block")]
    [InlineData("set qemu-ga vm1 --block guest-exec,", "--block cannot be 'guest-exec,'; it must be names separated by commas, without spaces, or none")]
    [InlineData("set qemu-ga vm1 --block Guest-Exec", "--block cannot be 'Guest-Exec'")]
    [InlineData("set qemu-ga vm1 --block guest-exec --persist", "there is no option '--persist'")]
    [InlineData("set kernel-arguments vm1", "no setting of kernel-arguments is given; give at least one of --argument, --remove")]
    [InlineData("set kernel-arguments vm1 --argument =1", "--argument: '=1' cannot be set; it must be KEY=VALUE, or KEY alone, without spaces and quotes")]
    [InlineData("set kernel-arguments vm1 --argument a=\"b", "--argument: 'a=\"b' cannot be set")]
    [InlineData("set kernel-arguments vm1 --argument ", "--argument: '' cannot be set")]
    [InlineData("set kernel-arguments vm1 --remove a=1", "--remove cannot be 'a=1'; it must be KEY alone, without a value")]
    [InlineData("set kernel-arguments vm1 --argument a=1 --remove a", "'a' is given twice")]
    [InlineData("status", "no VM is named")]
    [InlineData("status vm1 --explian", "there is no option '--explian'; did you mean --explain?")]
    [InlineData("vms --controller unix:///x --inventory y", "--controller excludes --inventory")]
    [InlineData("vms --controller http://x", "'http://x' is no address of a controller; give unix:///PATH")]
    [InlineData("serve --controller unix:///x", "mean nothing to serve")]
    [InlineData("ping vm1 --cuont 5", "there is no option '--cuont'; did you mean --count?")]
    [InlineData("vms --stats /tmp", "there is no option '--stats'")]
    [InlineData("set haltpoll vm1 --grow 1 --dryrun", "there is no option '--dryrun'; did you mean --dry-run?")]
    [InlineData("ping --all --inventory ", "--inventory is empty")]
    [InlineData("ping --all --connect ", "--connect is empty")]
    [InlineData("ping --all --controller ", "--controller is empty")]
    [InlineData("[suggest] v", "Required command was not provided")]
    [InlineData("pcr quote", "no VM is named")]
    [InlineData("pcr quote vm1 --pcr 24", "--pcr cannot be '24'; give numbers and ranges from 0 to 23, separated by commas, e.g. 0-7,14")]
    [InlineData("pcr quote vm1 --pcr ", "--pcr cannot be ''")]
    [InlineData("pcr quote vm1 --pcr 7-0", "--pcr cannot be '7-0'")]
    [InlineData("pcr quote vm1 --pcr 1,,2", "--pcr cannot be '1,,2'")]
    [InlineData("pcr quote vm1 --bank sm3_256", "--bank cannot be 'sm3_256'; it must be one of sha1, sha256, sha384, sha512")]
    [InlineData("pcr read vm1 --bank md5", "--bank cannot be 'md5'; it must be one of sha1, sha256, sha384, sha512, sm3_256")]
    [InlineData("pcr read vm1 --bank sha1 --bank SHA1", "--bank sha1 is given twice")]
    [InlineData("pcr read vm1 --format xml", "--format cannot be 'xml'; it can only be tpm2")]
    [InlineData("completion fish", "Unrecognized command or argument 'fish'")]
    public async Task Run_BadUsage_ExitsWith2AndSaysWhy(string line, string expected)
    {
        var (code, output, error) = await RunAsync(line.Split(' '));

        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Contains(expected, error);
    }

    [Fact]
    public async Task Run_SeveralMistakes_AreAllNamed()
    {
        var (code, _, error) = await RunAsync("set", "haltpoll", "vm1", "--grow", "x", "--shrink", "y", "--timeout", "z");

        Assert.Equal(2, code);
        Assert.Contains("--grow cannot be 'x'", error);
        Assert.Contains("--shrink cannot be 'y'", error);
        Assert.Contains("--timeout cannot be 'z'", error);
    }

    [Fact]
    public async Task Run_BadUsageWithJson_WritesTheSchema()
    {
        var (code, output, _) = await RunAsync("set", "haltpoll", "vm1", "-o", "json");

        Assert.Equal(2, code);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal("guesttune.cli/v1", json.GetProperty("schema").GetString());
        Assert.Equal("set haltpoll", json.GetProperty("command").GetString());
        Assert.Equal(2, json.GetProperty("exit_code").GetInt32());
        Assert.Equal("INVALID_ARGUMENT", json.GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(json.GetProperty("vms").EnumerateArray());
    }

    [Theory]
    [InlineData("README.md", 3)]
    [InlineData("demo", 12)]
    [InlineData("docs/cli.md", 10)]
    [InlineData("scripts/demo-libvirt.sh", 15)]
    [InlineData("packaging/host/guesttune.service", 1)]
    public void Parse_DocumentedCommands_AreUnderstood(string file, int atLeast)
    {
        using var interrupt = new Interrupt();
        var tree = CommandTree.Build(new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }, interrupt);

        var commands = DocumentedCommands.Of(File.ReadLines(Path.Combine(Repository.Root, file))).ToArray();

        Assert.True(commands.Length >= atLeast, $"only {commands.Length} commands were found");
        foreach (var command in commands)
        {
            Assert.True(tree.Parse(command).Errors.Count == 0, $"{string.Join(' ', command)}: {string.Join("; ", tree.Parse(command).Errors)}");
        }
    }

    [Fact]
    public void Build_NoCommandHasTwoOptionsOfOneName()
    {
        using var interrupt = new Interrupt();
        var pending = new Stack<(string Path, Command Command, IEnumerable<Option> Inherited)>([("", CommandTree.Build(new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }, interrupt), [])]);
        while (pending.TryPop(out var at))
        {
            var options = at.Inherited.Concat(at.Command.Options).ToArray();
            var twice = options.SelectMany(o => o.Aliases.Append(o.Name)).GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key);
            Assert.True(!twice.Any(), $"{at.Path}: {string.Join(", ", twice)}");
            foreach (var child in at.Command.Subcommands)
            {
                pending.Push(($"{at.Path} {child.Name}", child, options.Where(o => o.Recursive)));
            }
        }
    }

    [Fact]
    public async Task Help_Root_NamesCommandsAndExitStatus()
    {
        var (code, output, _) = await RunAsync("--help");

        Assert.Equal(0, code);
        foreach (var word in new[] { "vms", "info", "status", "get", "plan", "set", "undo", "history", "ping", "serve", "completion", "Exit status", "130" })
        {
            Assert.Contains(word, output);
        }

        Assert.DoesNotContain("complete-vms", output);
    }

    [Fact]
    public async Task Vms_Inventory_ListsInNaturalOrder()
    {
        using var directory = new TemporaryDirectory();
        var inventory = directory.File("i.yaml", "vms:\n- {name: vm10, channel: a, labels: {role: db, z: ''}}\n- {name: vm2, channel: b}\n");

        var (code, output, error) = await RunAsync("vms", "--inventory", inventory);

        Assert.Equal(0, code);
        Assert.Equal("", error);
        Assert.Equal(
            $"""
            NAME  SOURCE     LABELS     CHANNEL
            vm2   inventory  -          {directory.PathOf("b")}
            vm10  inventory  role=db,z  {directory.PathOf("a")}

            """,
            output);
    }

    [Fact]
    public async Task Vms_InventoryFromEnvironment_IsRead()
    {
        using var directory = new TemporaryDirectory();
        var inventory = directory.File("i.yaml", "vms:\n- {name: vm1, channel: a}\n");

        var (code, output, _) = await RunAsync(new Dictionary<string, string> { ["GUESTTUNE_INVENTORY"] = inventory }, "vms", "-o", "json");

        Assert.Equal(0, code);
        Assert.Equal("vm1", JsonDocument.Parse(output).RootElement.GetProperty("vms")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Run_BrokenInventory_ExitsWith4AndEveryMistake()
    {
        using var directory = new TemporaryDirectory();
        var inventory = directory.File("i.yaml", "vms:\n- {name: vm1, chanel: a}\n- {name: vm1, channel: b}\n");

        var (code, _, error) = await RunAsync("ping", "--all", "--inventory", inventory);

        Assert.Equal(4, code);
        Assert.Contains("line 2: unknown key 'chanel'", error);
        Assert.Contains("line 3: the name 'vm1' is used twice", error);
    }

    [Fact]
    public async Task Ping_UnknownVm_ExitsWith2AndSuggests()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");

        var (code, output, error) = await RunAsync("ping", "vm11", "--inventory", fleet.WriteInventory());

        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Equal("guesttune: there is no VM 'vm11'; did you mean 'vm1'?\n", error);
    }

    [Fact]
    public async Task Ping_SomeFail_ExitsWith1AndOneLineEach()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Further.Add(new VmEntry("vm2", "inventory", new SocketChannel(fleet.PathOf("gone.sock")), TestFleet.NoLabels));

        var (code, output, error) = await RunAsync("ping", "--all", "--inventory", fleet.WriteInventory());

        Assert.Equal(1, code);
        Assert.StartsWith("VM   ATTACH", output);
        Assert.Contains("\nvm1  ", output);
        Assert.DoesNotContain("vm2", output);
        Assert.StartsWith("vm2: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Ping_NoneReached_ExitsWith3WithJsonErrors()
    {
        await using var fleet = await TestFleet.StartAsync();
        fleet.Further.Add(new VmEntry("vm2", "inventory", new SocketChannel(fleet.PathOf("gone.sock")), TestFleet.NoLabels));

        var (code, output, _) = await RunAsync("ping", "vm2", "-o", "json", "--inventory", fleet.WriteInventory());

        Assert.Equal(3, code);
        var vm = JsonDocument.Parse(output).RootElement.GetProperty("vms")[0];
        Assert.False(vm.GetProperty("ok").GetBoolean());
        Assert.Equal("UNAVAILABLE", vm.GetProperty("error").GetProperty("code").GetString());
        Assert.False(vm.GetProperty("error").GetProperty("reached").GetBoolean());
    }

    [Fact]
    public async Task SetGetUndoHistory_OneVm_WorkTogether()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var inventory = fleet.WriteInventory();

        var plan = await RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000", "--dry-run", "--inventory", inventory);
        Assert.Equal(0, plan.ExitCode);
        Assert.Contains("guest_halt_poll_ns  200000  400000  now", plan.Out);
        Assert.Equal("200000", fleet.Vms[0].Agent.Values["guest_halt_poll_ns"]);

        var set = await RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000", "--operation-id", "op-1", "--inventory", inventory);
        Assert.Equal(0, set.ExitCode);
        Assert.Contains("vm1  verified  guest_halt_poll_ns  200000  400000  400000     now", set.Out);
        Assert.Contains("vm1: guest-idle-haltpoll is configured: no KVM signature", set.Out);
        Assert.Contains("guesttune undo VM... --operation op-1", set.Out);

        var get = await RunAsync("get", "haltpoll", "vm1", "--inventory", inventory);
        Assert.Contains("guest_halt_poll_ns    in-force  400000", get.Out);

        var history = await RunAsync("history", "vm1", "--inventory", inventory);
        Assert.Contains("op-1       apply  guest-idle-haltpoll  done   guest_halt_poll_ns 200000 -> 400000", history.Out);

        var undo = await RunAsync("undo", "vm1", "--operation", "op-1", "--inventory", inventory);
        Assert.Equal(0, undo.ExitCode);
        Assert.Equal("200000", fleet.Vms[0].Agent.Values["guest_halt_poll_ns"]);
    }

    [Fact]
    public async Task Set_WithoutId_PrintsTheOneItChose()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");

        var (_, output, _) = await RunAsync("set", "haltpoll", "vm1", "--grow", "3", "-o", "json", "--inventory", fleet.WriteInventory());

        var json = JsonDocument.Parse(output).RootElement;
        var id = json.GetProperty("operation_id").GetString();
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal(id, json.GetProperty("vms")[0].GetProperty("operation").GetProperty("operation_id").GetString());
    }

    [Fact]
    public async Task Get_ManyVms_OneRowEach()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2");

        var (code, output, _) = await RunAsync("get", "haltpoll", "vm*", "--inventory", fleet.WriteInventory());

        Assert.Equal(0, code);
        Assert.Contains("VM   VERDICT     POLL NS  GROW  SHRINK  GROW START  ALLOW SHRINK  FORCE  DRIVER  GOVERNOR", output);
        Assert.Contains("vm1  configured  200000   2     -       -           -             -      none    -", output);
        Assert.Contains("vm2: no KVM signature", output);
    }

    [Fact]
    public async Task Info_HostileStrings_ReachNoTerminalRaw()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Info = () => new()
        {
            AgentVersion = "\u001b]0;owned\u0007",
            KernelRelease = "[red]6.12[/]\r\n\u202eevil",
            OsRelease = { ["PRETTY_NAME"] = new string('A', 10_000) },
        };
        var inventory = fleet.WriteInventory();

        var table = await RunAsync("info", "vm1", "--inventory", inventory);
        var json = await RunAsync("info", "vm1", "-o", "json", "--inventory", inventory);

        Assert.Equal(0, table.ExitCode);
        Assert.Contains(@"\x1b]0;owned\x07", table.Out);
        Assert.Contains(@"[red]6.12[/]\r\n\u{202e}evil", table.Out);
        Assert.Contains("AAA…", table.Out);
        Assert.DoesNotContain(table.Out + json.Out, c => c is '\u001b' or '\u0007' or '\r' or '\u202e');
        Assert.Equal("[red]6.12[/]\r\n\u202eevil", JsonDocument.Parse(json.Out).RootElement.GetProperty("vms")[0].GetProperty("info").GetProperty("kernel_release").GetString());
    }

    [Fact]
    public async Task Info_PolicyOfTheGuest_IsShown()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Info = () => new()
        {
            Policy = new() { RefusedRpcs = { "Undo", "\u001bX" }, PersistRefused = true, Problem = "line 1: what?" },
        };
        var inventory = fleet.WriteInventory();

        var table = await RunAsync("info", "vm1", "--inventory", inventory);
        var json = await RunAsync("info", "vm1", "-o", "json", "--inventory", inventory);

        Assert.Contains("vm1: the guest's agent.conf is wrong, so nothing can be changed: line 1: what?\n", table.Out);
        Assert.Contains("vm1: the guest's agent.conf refuses: Undo, \\x1bX\n", table.Out);
        Assert.Contains("vm1: the guest's agent.conf refuses --persist\n", table.Out);
        var policy = JsonDocument.Parse(json.Out).RootElement.GetProperty("vms")[0].GetProperty("info").GetProperty("policy");
        Assert.Equal("Undo", policy.GetProperty("refused_rpcs")[0].GetString());
        Assert.True(policy.GetProperty("persist_refused").GetBoolean());
        Assert.Equal("line 1: what?", policy.GetProperty("problem").GetString());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    public async Task Completion_Shell_KnowsEveryCommand(string shell)
    {
        var (code, output, _) = await RunAsync("completion", shell);

        Assert.Equal(0, code);
        foreach (var word in new[] { "\"set haltpoll\"", "--guest-halt-poll-ns", "--allow-shrink", "complete-vms", "json table", "false true" })
        {
            Assert.Contains(word, output);
        }

        Assert.DoesNotContain("\" complete-vms\"", output);
    }

    [Theory]
    [InlineData("bash", "guesttune.bash")]
    [InlineData("zsh", "_guesttune")]
    public async Task Completion_PackagedFile_IsWhatTheProgramWrites(string shell, string file)
    {
        var (_, output, _) = await RunAsync("completion", shell);

        Assert.Equal(output, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "packaging/host/completions", file)));
    }

    [Fact]
    public async Task CompleteVms_BrokenInventory_SaysNothing()
    {
        using var directory = new TemporaryDirectory();

        var (code, output, error) = await RunAsync("complete-vms", "--inventory", directory.PathOf("none.yaml"));

        Assert.Equal(0, code);
        Assert.Equal("", output + error);
    }
}
