using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.LibvirtAuth;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune host libvirt-auth</c>: who may call libvirt over the network.</summary>
internal static class LibvirtAuthCommand
{
    private const string Name = "host libvirt-auth";

    public static Command Create(CommandContext context, Option<string?> root)
    {
        var command = new Command("libvirt-auth", "Let libvirt take calls over the network, and only from users with a password; proven by logging in");
        command.Add(CreateStatus(context, root));
        command.Add(CreateEnable(context, root));
        command.Add(CreateDisable(context, root));
        command.Add(CreateUser(context, root));
        return command;
    }

    private static Command CreateStatus(CommandContext context, Option<string?> root)
    {
        var command = new Command("status", "Show how libvirt takes calls over the network, and try to get in without a right to");
        command.SetAction((result, _) =>
        {
            var runner = new HostCommandRunner(context, result, root);
            return runner.RunAsync(
                $"{Name} status",
                operationId: null,
                async (host, cancellationToken) => new VmEvent { Observe = await host.ObserveAsync(new Agent.V1.ObserveRequest { Practices = { LibvirtAuthPractice.PracticeId } }, cancellationToken) },
                answer => HostReport.WriteEvidence(runner.Out, runner.Style, answer.Result.Observe));
        });
        return command;
    }

    private static Command CreateEnable(CommandContext context, Option<string?> root)
    {
        var command = new Command("enable", "Take calls from users with a password; the daemon is restarted, tried, and put back if that fails");
        var mechanism = new Option<string>("--mechanism")
        {
            HelpName = $"{AuthRequest.ScramSha256}|{AuthRequest.DigestMd5}",
            Description = $"{AuthRequest.ScramSha256} over TLS (default), or {AuthRequest.DigestMd5} over TCP, which should no longer be used",
            DefaultValueFactory = static _ => AuthRequest.ScramSha256,
        };
        mechanism.CompletionSources.Add(AuthRequest.ScramSha256, AuthRequest.DigestMd5);
        mechanism.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not (AuthRequest.ScramSha256 or AuthRequest.DigestMd5) and var text }])
            {
                result.AddError($"--mechanism cannot be '{TerminalText.Escape(text, 40)}'; it must be {AuthRequest.ScramSha256} or {AuthRequest.DigestMd5}");
            }
        });
        var address = new Option<string?>("--address") { HelpName = "IP", Description = "listen at this address only (default: as configured, else all)" };
        var port = NumberOption.Create("--port", "N", "listen at this port (default: as configured, else 16514 for TLS and 16509 for TCP)", 1, 65535, whole: true);
        AddRun(command, context, root, result =>
        {
            var desired = Desired(result.GetValue(mechanism)!);
            if (result.GetValue(address) is { } chosen)
            {
                desired.Settings.Add(AuthRequest.AddressSetting, chosen);
            }

            if (NumberOption.Value(result, port) is { } number)
            {
                desired.Settings.Add(AuthRequest.PortSetting, $"{number:0}");
            }

            return desired;
        });
        command.Add(mechanism);
        command.Add(address);
        command.Add(port);
        return command;
    }

    private static Command CreateDisable(CommandContext context, Option<string?> root)
    {
        var command = new Command("disable", "Take no calls over the network");
        AddRun(command, context, root, static _ => Desired(AuthRequest.None));
        return command;
    }

    private static Command CreateUser(CommandContext context, Option<string?> root)
    {
        var command = new Command("user", "Users that may log in to libvirt");
        var list = new Command("list", "List them");
        list.SetAction((result, _) => new HostCommandRunner(context, result, root).RunUsersAsync($"{Name} user list", static (_, _) => Task.CompletedTask));
        command.Add(list);
        command.Add(CreateUserAdd(context, root));
        command.Add(CreateUserRemove(context, root));
        return command;
    }

    private static Command CreateUserAdd(CommandContext context, Option<string?> root)
    {
        var command = new Command("add", "Add one; the password is read from standard input, or another file descriptor");
        var user = UserArgument();
        var replace = new Option<bool>("--replace") { Description = "give a user that is there a new password" };
        var descriptor = NumberOption.Create("--password-fd", "N", "read the password from this file descriptor (default: 0)", 0, 1023, whole: true);
        command.Add(user);
        command.Add(replace);
        command.Add(descriptor);
        command.SetAction((result, _) => new HostCommandRunner(context, result, root).RunUsersAsync(
            $"{Name} user add",
            async (host, cancellationToken) =>
            {
                var password = await PasswordInput.ReadAsync(context.Terminal, (int)(NumberOption.Value(result, descriptor) ?? 0), cancellationToken);
                await host.AddLibvirtUserAsync(new AddLibvirtUserRequest { User = result.GetValue(user)!, Password = password, Replace = result.GetValue(replace) }, cancellationToken);
            }));
        return command;
    }

    private static Command CreateUserRemove(CommandContext context, Option<string?> root)
    {
        var command = new Command("remove", "Remove one");
        var user = UserArgument();
        command.Add(user);
        command.SetAction((result, _) => new HostCommandRunner(context, result, root).RunUsersAsync(
            $"{Name} user remove",
            (host, cancellationToken) => host.RemoveLibvirtUserAsync(new RemoveLibvirtUserRequest { User = result.GetValue(user)! }, cancellationToken)));
        return command;
    }

    private static Argument<string> UserArgument() => new("USER") { Description = "NAME, whose realm is this host's name, or NAME@REALM" };

    private static Desired Desired(string mechanism) => new() { Practice = LibvirtAuthPractice.PracticeId, Persist = true, Settings = { [AuthRequest.MechanismSetting] = mechanism } };

    private static void AddRun(Command command, CommandContext context, Option<string?> root, Func<ParseResult, Desired> read)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "only show what would change" };
        var operation = OperationOptions.Id("id of this operation, to repeat it safely or to undo it (guesttune host undo)");
        command.Add(dryRun);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var (runner, name) = (new HostCommandRunner(context, result, root), $"{Name} {command.Name}");
            return result.GetValue(dryRun)
                ? HostCommand.PlanAsync(runner, name, read(result))
                : HostCommand.ApplyAsync(runner, name, read(result), result.GetValue(operation) ?? OperationId.New());
        });
    }
}
