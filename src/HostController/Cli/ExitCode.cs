namespace GuestTune.Controller.Cli;

/// <summary>What the program's exit status says; docs/cli.md and --help list them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>At least one VM failed, and at least one was reached.</summary>
    public const int SomeFailed = 1;

    /// <summary>No VM was contacted: the command line or the selection is wrong.</summary>
    public const int BadUsage = 2;

    /// <summary>VMs were selected, and no agent was reached.</summary>
    public const int NoneReached = 3;

    /// <summary>No VM was contacted: inventory, libvirt or the daemon could not be used.</summary>
    public const int NoController = 4;

    /// <summary>A mistake in this program (EX_SOFTWARE of sysexits.h).</summary>
    public const int InternalError = 70;

    /// <summary>What was asked for may have been done, and standard output takes no result (EX_IOERR of sysexits.h).</summary>
    public const int ResultNotWritten = 74;

    /// <summary>128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>128 + SIGTERM.</summary>
    public const int Terminated = 143;

    public const string Help = """
        Exit status:
          0    everything was done
          1    at least one VM failed, and at least one was reached
          2    bad usage: a wrong option, value or VM; nothing was contacted
          3    no VM was reached
          4    the inventory, libvirt or the controller daemon could not be used; nothing was contacted
          70   a mistake in this program
          74   the result could not be written; what was asked for may have been done
          130  interrupted (Ctrl-C); 143: terminated
        """;
}
