using System.Reflection;
using System.Text;

namespace GuestTune.Testing;

/// <summary>A kernel and a root file system in memory that runs the published agent.</summary>
public sealed record GuestImage(KernelFlavour Flavour, string Kernel, string Initramfs) : BootImage
{
    private const int ImagesKept = 6;
    private const int Executable = 0x1ED; // 0755
    private const int Readable = 0x1A4; // 0644

    private const string OsRelease =
        """
        ID=guesttune-testvm
        NAME="GuestTune test guest"
        PRETTY_NAME="GuestTune test guest (busybox)"
        VERSION_ID="1"

        """;

    /// <summary>Builds what is missing of kernel, agent and root file system; a second call with nothing changed takes no time.</summary>
    public static async Task<GuestImage> BuildAsync(KernelFlavour flavour, CancellationToken cancellationToken = default)
    {
        var cache = BuildCache.Default;
        var kernel = await GuestKernel.GetAsync(flavour, cache, cancellationToken);
        var agent = await PublishedPrograms.GetAgentAsync(cancellationToken);
        var entries = await CollectAsync(kernel, agent, await GuestPrograms.GetAsync(cache, cancellationToken), cancellationToken);

        using var key = new ContentKey();
        foreach (var entry in entries)
        {
            key.Add(entry.Path).Add(entry.Data).Add(entry.Mode.ToString());
        }

        var folder = await cache.GetOrMakeAsync("initramfs", $"{flavour.Id}-{key}", ImagesKept, (f, ct) => WriteAsync(f, entries), cancellationToken);
        return new GuestImage(flavour, kernel.Image, Path.Combine(folder, "initramfs"));
    }

    internal override async Task PrepareAsync(TestVmOptions options, VmFolder folder, CancellationToken cancellationToken)
    {
        if (options.HasEfi && !File.Exists(folder.FirmwareVariables))
        {
            File.Copy(Firmware.Ovmf.NewVariables, folder.FirmwareVariables);
        }

        if (options.HasDisk)
        {
            await VmDisk.CreateAsync(folder.Disk, cancellationToken);
        }
    }

    internal override IEnumerable<string> Arguments(TestVmOptions options, VmFolder folder, bool goesOn)
    {
        List<string> arguments = ["-kernel", Kernel, "-initrd", Initramfs, "-append", KernelCommandLine(options)];
        if (options.HasEfi)
        {
            arguments.AddRange(Firmware.Ovmf.Arguments(folder));
        }

        if (options.HasDisk)
        {
            arguments.AddRange(["-drive", $"if=virtio,format=raw,file={QemuArguments.Escape(folder.Disk)}"]);
        }

        return arguments;
    }

    private static string KernelCommandLine(TestVmOptions options)
    {
        // panic=-1: a guest that cannot boot resets at once, which QMP reports, instead of standing still.
        List<string> words = ["console=ttyS0", "quiet", "panic=-1"];
        AddUnless(options.StartsAgent && options.HasAgentPort, "gt.agent=off");
        AddUnless(options.HasPortLinks, "gt.links=off");
        AddUnless(options.AppliesTmpfiles, "gt.tmpfiles=off");
        AddUnless(options.KernelArguments.Length == 0, options.KernelArguments);
        return string.Join(' ', words);

        void AddUnless(bool condition, string word)
        {
            if (!condition)
            {
                words.Add(word);
            }
        }
    }

    private static async Task<List<Entry>> CollectAsync(GuestKernel kernel, string agent, GuestPrograms programs, CancellationToken cancellationToken)
    {
        var entries = new List<Entry>
        {
            new("init", ReadResource("init"), Executable),
            new("usr/lib/testvm/console", ReadResource("console"), Executable),
            new("etc/os-release", Encoding.UTF8.GetBytes(OsRelease), Readable),
            new("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"u8.ToArray(), Readable),
            new("etc/group", "root:x:0:\n"u8.ToArray(), Readable),
        };
        await AddProgramAsync("bin/busybox", programs.Busybox);
        await AddProgramAsync("usr/bin/systemd-tmpfiles", programs.SystemdTmpfiles);
        await AddProgramAsync("usr/bin/guesttune-agent", agent);
        if (programs.QemuGuestAgent is not null)
        {
            await AddProgramAsync("usr/sbin/qemu-ga", programs.QemuGuestAgent);
        }

        // init loads them in the order of their names.
        entries.AddRange(kernel.Flavour.Modules.Select((m, i) =>
            Entry.Read($"lib/modules/{i:00}-{Path.GetFileName(kernel.ModulePath(m))}", kernel.ModulePath(m), Readable)));
        return entries.DistinctBy(e => e.Path, StringComparer.Ordinal).ToList();

        async Task AddProgramAsync(string path, string file)
        {
            entries.Add(Entry.Read(path, file, Executable));
            var libraries = await SharedLibraries.FindAsync(file, cancellationToken);
            entries.AddRange(libraries.Select(l => Entry.Read(l.TrimStart('/'), l, Executable)));
        }
    }

    private static byte[] ReadResource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static async Task WriteAsync(string folder, List<Entry> entries)
    {
        // Not compressed: under emulation, unpacking costs more than loading.
        await using var file = File.Create(Path.Combine(folder, "initramfs"));
        using var archive = new CpioWriter(file);
        foreach (var path in (string[])["dev", "proc", "sys", "run", "tmp", "root", "var", "sbin", "usr/bin", "usr/sbin"])
        {
            archive.AddFolder(path);
        }

        archive.AddLink("var/run", "/run");
        foreach (var entry in entries)
        {
            archive.AddFile(entry.Path, entry.Data, entry.Mode);
        }
    }

    private sealed record Entry(string Path, byte[] Data, int Mode)
    {
        public static Entry Read(string path, string file, int mode) => new(path, File.ReadAllBytes(file), mode);
    }
}
