using GuestTune.Controller.Practices;

namespace GuestTune.Controller.HostPractices;

/// <summary>What the command line knows of the host's practices.</summary>
internal static class HostPracticeCatalog
{
    /// <summary>Those that can be changed.</summary>
    public static IReadOnlyList<PracticeDefinition> All { get; } =
    [
        new()
        {
            Id = HaltPollingPractice.PracticeId,
            Word = HaltPollingPractice.PracticeId,
            Summary = "polling of KVM for a vCPU that has halted",
            Settings =
            [
                Number(HaltPollingPractice.Time, "--halt-poll-ns", "longest time to poll, in nanoseconds; 0 switches it off"),
                Number("halt_poll_ns_grow", "--grow", "factor by which the time grows when a poll was too short"),
                Number("halt_poll_ns_grow_start", "--grow-start", "time that growing starts from, in nanoseconds"),
                Number("halt_poll_ns_shrink", "--shrink", "divisor by which the time shrinks when a poll was in vain; 0 sets it to 0 at once"),
            ],
        },
        new()
        {
            Id = KworkerIsolationPractice.PracticeId,
            Word = KworkerIsolationPractice.PracticeId,
            Summary = "the CPUs of kworkers that are bound to none",
            Settings =
            [
                new PracticeSetting
                {
                    Name = KworkerIsolationPractice.Mask,
                    Option = "--cpus",
                    Column = "CPUS",
                    Description = "CPUs to run on",
                    Kind = SettingKind.Cpus,
                },
            ],
        },
        new()
        {
            Id = TransparentHugepagesPractice.PracticeId,
            Word = TransparentHugepagesPractice.PracticeId,
            Summary = "huge pages that the kernel gives by itself",
            Settings =
            [
                Word(TransparentHugepagesPractice.Enabled, "--enabled", "which memory gets them", "always", "madvise", "never"),
                Word(TransparentHugepagesPractice.Defrag, "--defrag", "how hard the kernel tries to find one at once", "always", "defer", "defer+madvise", "madvise", "never"),
            ],
        },
        new()
        {
            Id = StaticHugepagesPractice.PracticeId,
            Word = StaticHugepagesPractice.PracticeId,
            Summary = "huge pages that are reserved for VMs",
            Settings = [],
            Free = new FreeSettings
            {
                Option = "--pages",
                ValueName = "SIZE=COUNT",
                Description = "so many pages of a size, e.g. 2M=512, or 1G=4; of one NUMA node: node0:1G=2; given again, all of them",
            },
            Force = "ask the kernel for more than it says to have available",
        },
    ];

    /// <summary>Those that can only be looked at as well.</summary>
    public static IReadOnlyList<PracticeDefinition> Shown { get; } =
    [
        .. All,
        new() { Id = VtpmStatePractice.PracticeId, Word = VtpmStatePractice.PracticeId, Summary = "who may read and change the vTPMs of VMs, and the keys of their CA", Settings = [] },
    ];

    private static PracticeSetting Number(string name, string option, string description) => new() { Name = name, Option = option, Column = name, Description = description };

    private static PracticeSetting Word(string name, string option, string description, params string[] words) =>
        new() { Name = name, Option = option, Column = name, Description = description, Kind = SettingKind.Word, Words = words };
}
