using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>Finds out how this guest is booted, by what it has. What is not known is refused, never guessed.</summary>
internal sealed class BootLoaderDetector(RootedFileSystem files, ICommandRunner commands, OwnArguments record)
{
    private static readonly string[] Partitions = ["/efi", "/boot", "/boot/efi"];
    private static readonly string[] Generators = ["grub2-mkconfig", "grub-mkconfig"];

    private static readonly (string Path, string Name, string WhatToDo)[] Others =
    [
        ("/boot/extlinux/extlinux.conf", "extlinux", "Add it to the APPEND lines of /boot/extlinux/extlinux.conf by hand."),
        ("/boot/syslinux/syslinux.cfg", "syslinux", "Add it to the APPEND lines of /boot/syslinux/syslinux.cfg by hand."),
        ("/boot/limine.conf", "limine", "Add it to the cmdline entries of /boot/limine.conf by hand."),
        ("/boot/firmware/cmdline.txt", "a Raspberry Pi's firmware", "Add it to /boot/firmware/cmdline.txt by hand."),
        ("/boot/boot.scr", "U-Boot", "Add it to bootargs in U-Boot's environment or its script by hand."),
        ("/etc/lilo.conf", "lilo", "Add it to append= in /etc/lilo.conf by hand, and run lilo."),
    ];

    public BootLoaderDetection Detect()
    {
        try
        {
            return RefuseImages() ?? FindSystemdBoot() ?? FindGrub() ?? RefuseOthers();
        }
        catch (IOException e)
        {
            return BootLoaderDetection.Refused(e.Message, "Mend that first.");
        }
    }

    /// <summary>Systems whose command line is part of something larger, whatever boot loader starts it.</summary>
    private BootLoaderDetection? RefuseImages()
    {
        if (files.FileExists("/run/ostree-booted") || files.DirectoryExists("/ostree/repo"))
        {
            return BootLoaderDetection.Refused("this is an ostree system (/ostree/repo)", "Use rpm-ostree kargs --append=KEY=VALUE by hand.");
        }

        if (files.FileExists("/etc/zipl.conf"))
        {
            return BootLoaderDetection.Refused("the boot loader is zipl (/etc/zipl.conf)", "Add it to parameters= in /etc/zipl.conf by hand, and run zipl.");
        }

        return SystemdBoot.ReadVariable(files, "StubInfo") is { } stub
            ? BootLoaderDetection.Refused($"this kernel was booted from a unified kernel image ({stub})", "Its command line is part of the image: change /etc/kernel/cmdline by hand, make the image anew (kernel-install, dracut or ukify), and sign it.")
            : null;
    }

    private BootLoaderDetection? FindSystemdBoot()
    {
        var running = SystemdBoot.ReadVariable(files, "LoaderInfo");
        var isRunning = running?.StartsWith("systemd-boot", StringComparison.Ordinal) is true;
        foreach (var partition in Partitions)
        {
            if (!isRunning && files.ListNames(partition + "/EFI/systemd", ".efi").Count == 0)
            {
                continue;
            }

            if (!isRunning && GrubConfiguration.Find(files) is { } grub)
            {
                // A boot loader that is installed need not be the one that the firmware starts.
                return running is null
                    ? BootLoaderDetection.Refused($"both systemd-boot ({partition}/EFI/systemd) and GRUB ({grub.Path}) are installed, and the firmware does not tell which one booted", "Remove the one that is not used.")
                    : null;
            }

            // An entry may be on another partition than the boot loader.
            foreach (var place in Partitions)
            {
                if (files.ListNames(place + "/loader/entries", LoaderEntry.Suffix).Count > 0)
                {
                    return Found(new SystemdBoot(files, record, place));
                }
            }

            return BootLoaderDetection.Refused("the boot loader is systemd-boot, without entries of type #1 (loader/entries/*.conf)", "Unified kernel images have their command line in them: change /etc/kernel/cmdline by hand and make the image anew.");
        }

        return null;
    }

    private BootLoaderDetection? FindGrub()
    {
        if (GrubConfiguration.Find(files) is not { } grub)
        {
            return null;
        }

        if (grub.Menu.ReadsLoaderEntries && files.ListNames(GrubLoaderEntries.Directory, LoaderEntry.Suffix).Count > 0)
        {
            return Found(new GrubLoaderEntries(files, record, grub.Path));
        }

        if (!grub.Menu.Entries.Exists(static e => e.Linux is not null))
        {
            return BootLoaderDetection.Refused(
                grub.Menu.ReadsLoaderEntries ? $"GRUB's {grub.Path} reads {GrubLoaderEntries.Directory}, which has no entries" : $"no entry of GRUB's {grub.Path} starts a Linux kernel",
                "Look whether /boot is mounted.");
        }

        if (Array.Find(Generators, g => commands.Find(g) is not null) is { } generator)
        {
            return files.FileExists(GrubDefaults.DefaultPath) || ReadsDirectory(generator)
                ? Found(new GeneratedGrub(files, commands, generator, ReadsDirectory(generator) ? new GrubDropIn(files) : new GrubDefaults(files, record), grub.Path))
                : BootLoaderDetection.Refused($"GRUB has {generator}, but {GrubDefaults.DefaultPath} is missing", $"Restore {GrubDefaults.DefaultPath}.");
        }

        return files.FileExists(GrubDefaults.DefaultPath)
            ? BootLoaderDetection.Refused($"GRUB has {GrubDefaults.DefaultPath}, but none of the programs that make {grub.Path} from it ({string.Join(", ", Generators)}; update-grub runs the latter)", "Install the package that has it (Debian, Ubuntu: grub2-common; RHEL, Fedora, openEuler: grub2-tools).")
            : Found(new EditedGrub(files, record, grub.Path));
    }

    /// <summary>A change of Debian's, which not every distribution has: the program, a script, tells.</summary>
    private bool ReadsDirectory(string generator)
        => commands.Find(generator) is { } path && files.ReadBytesAsLatin1(path).Text?.Contains("default/grub.d", StringComparison.Ordinal) is true;

    private BootLoaderDetection RefuseOthers()
    {
        foreach (var (path, name, whatToDo) in Others)
        {
            if (files.FileExists(path))
            {
                return BootLoaderDetection.Refused($"the boot loader is {name} ({path})", whatToDo);
            }
        }

        return BootLoaderDetection.Refused(
            "no configuration of a boot loader was found (grub.cfg in /boot/grub, /boot/grub2 or on the ESP; loader/entries)",
            "If the host starts this kernel itself, add it to <cmdline> in the domain's XML, or to QEMU's -append; otherwise look whether /boot is mounted.");
    }

    private static BootLoaderDetection Found(IBootLoader loader) => new(loader, loader.Description, null);
}
