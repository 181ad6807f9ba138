namespace GuestTune.Controller.Practices;

/// <summary>Arguments on the kernel command line of later boots, as far as the guest's agent.conf allows them (docs/guest-practices.md).</summary>
internal static class KernelArgumentsPractice
{
    public static PracticeDefinition Definition { get; } = new()
    {
        Id = "kernel-arguments",
        Word = "kernel-arguments",
        Summary = "arguments on the kernel command line",
        Settings = [],
        Free = new FreeSettings
        {
            Option = "--argument",
            Description = "argument that later boots have; given again, all of them",
            RemoveOption = "--remove",
            RemoveDescription = "argument to take away again, if GuestTune put it there",
            Removal = "!remove",
        },
        AlwaysPersists = true,
        Force = CommandLineChange.Force,
        TimeLimit = CommandLineChange.TimeLimit,
        ContextColumns = [("COMMAND LINE", "command-line")],
    };
}
