using GuestTune.Agent.BootLoader;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.BootLoader;

/// <summary>A copy of one distribution's tree of files, with the program that makes its grub.cfg.</summary>
internal sealed class BootTree : IDisposable
{
    public const string State = "/var/lib/guesttune";
    public const string Debian = "debian-12";
    public const string OpenEuler = "openeuler-22.03";
    public const string Rhel = "rhel-9";
    public const string Systemd = "systemd-boot";

    private readonly string _path = Directory.CreateTempSubdirectory("guesttune-boot-").FullName;

    public BootTree(string? distribution)
    {
        if (distribution is not null)
        {
            var source = Path.Combine(AppContext.BaseDirectory, "BootLoader", "Trees", distribution);
            foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
            {
                var target = _path + file[source.Length..];
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }

        Mkconfig = new FakeMkconfig(_path);
        if (distribution is Debian or OpenEuler)
        {
            Mkconfig.Generate(distribution is Debian ? "/boot/grub/grub.cfg" : "/boot/efi/EFI/openEuler/grub.cfg");
        }
    }

    public FakeMkconfig Mkconfig { get; }

    public RootedFileSystem Files => new(_path);

    /// <summary>A new one each time, as after a restart of the agent.</summary>
    public BootArguments Arguments => new(Files, Mkconfig, State);

    /// <summary>As the engine writes a group of changes.</summary>
    public void Set(params (string Key, string? Value)[] values)
    {
        var arguments = Arguments;
        arguments.Writer.Write([.. values.Select(v => new KnobWrite(arguments.OpenKnob(v.Key), v.Value))]);
    }

    public IReadOnlyList<FileEdit> Preview(params (string Key, string? Value)[] values)
    {
        var arguments = Arguments;
        return arguments.Writer.Preview([.. values.Select(v => new KnobWrite(arguments.OpenKnob(v.Key), v.Value))]);
    }

    public string? Get(string key)
    {
        var reading = Arguments.OpenKnob(key).Read();
        Assert.Null(reading.Problem);
        return reading.Value;
    }

    public string Line => Arguments.ReadNextBoot().Default!.CommandLine;

    public bool Exists(string path) => File.Exists(_path + path);

    public string Read(string path) => File.ReadAllText(_path + path);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path + path)!);
        File.WriteAllText(_path + path, text);
    }

    public void Replace(string path, string old, string by)
    {
        Assert.Contains(old, Read(path), StringComparison.Ordinal);
        Write(path, Read(path).Replace(old, by, StringComparison.Ordinal));
    }

    public void Delete(string path) => File.Delete(_path + path);

    public void WriteVariable(string name, string value)
    {
        var path = _path + SystemdBoot.EfiVariables + name + SystemdBoot.VendorSuffix;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, [6, 0, 0, 0, .. System.Text.Encoding.Unicode.GetBytes(value + "\0")]);
    }

    /// <summary>Every file but the agent's own state, byte for byte.</summary>
    public string Snapshot()
    {
        var files = Directory.GetFiles(_path, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith(_path + State, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return string.Join('\n', files.Select(f => f[_path.Length..] + " " + Convert.ToHexString(File.ReadAllBytes(f))));
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
