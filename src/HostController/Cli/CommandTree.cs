using System.CommandLine;

namespace GuestTune.Controller.Cli;

/// <summary>The whole command line; completion and help are made from it.</summary>
internal static class CommandTree
{
    public static RootCommand Build(Terminal terminal, Interrupt interrupt)
    {
        var options = new GlobalOptions();
        var context = new CommandContext(options, terminal, interrupt);
        var root = new RootCommand($"""
            Applies virtualization best practices to KVM guests over virtio-serial, proves that they took effect, and undoes them.

            {ExitCode.Help}
            """);
        // "[suggest]" is how dotnet-suggest asks; the shells' own completion needs none of it.
        root.Directives.Clear();
        options.AddTo(root);
        root.Add(VmsCommand.Create(context));
        root.Add(InfoCommand.Create(context));
        root.Add(StatusCommand.Create(context));
        root.Add(GetCommand.Create(context));
        root.Add(PlanCommand.Create(context));
        root.Add(SetCommand.Create(context));
        root.Add(UndoCommand.Create(context));
        root.Add(RebootCommand.Create(context));
        root.Add(HistoryCommand.Create(context));
        root.Add(CheckCommand.Create(context));
        root.Add(HostCommand.Create(context));
        root.Add(VmCommand.Create(context));
        root.Add(PcrCommand.Create(context));
        root.Add(AuditCommand.Create(context));
        root.Add(PingCommand.Create(context));
        root.Add(ServeCommand.Create(context));
        root.Add(CompletionCommand.Create(root, terminal));
        root.Add(CompleteVmsCommand.Create(context));
        return root;
    }
}
