using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>The keys that decide about libvirt's authentication, wherever they are written.</summary>
internal sealed class AuthFiles(RootedFileSystem files, LibvirtService service)
{
    public const string ListenTcp = "listen_tcp";
    public const string ListenTls = "listen_tls";
    public const string AuthTcp = "auth_tcp";
    public const string AuthTls = "auth_tls";
    public const string Address = "listen_addr";
    public const string TcpPort = "tcp_port";
    public const string TlsPort = "tls_port";
    public const string Mechanisms = "mech_list";
    public const string Passwords = "sasldb_path";
    public const string Arguments = "LIBVIRTD_ARGS";

    private const int MaximumFileBytes = 1024 * 1024;

    /// <summary>What a change may name.</summary>
    public static IReadOnlyList<string> Keys { get; } = [ListenTcp, ListenTls, AuthTcp, AuthTls, Address, TcpPort, TlsPort, Mechanisms, Passwords, Arguments];

    /// <returns>Null for a key that this daemon does not have.</returns>
    public (string Path, ConfigDialect Dialect)? Of(string key) => key switch
    {
        Mechanisms or Passwords => (service.SaslFile, ConfigDialect.Sasl),
        Arguments => service.ArgumentsFile is { } file ? (file, ConfigDialect.Environment) : null,
        _ => (service.ConfigurationFile, ConfigDialect.Libvirt),
    };

    /// <summary>One char for each byte.</summary>
    /// <returns>Null where there is no such file.</returns>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    public string? ReadText(string path)
    {
        var reading = files.ReadBytesAsLatin1(path, MaximumFileBytes);
        return reading is { Text: null, IsMissing: false } ? throw new IOException($"{path} cannot be edited: {reading.Problem}") : reading.Text;
    }

    /// <exception cref="IOException">As <see cref="ReadText"/>.</exception>
    public string? Read(string key) => Of(key) is var (path, dialect) && ReadText(path) is { } text ? ConfigText.Find(text, dialect, key) : null;

    /// <summary>Without quotes.</summary>
    /// <exception cref="IOException">As <see cref="ReadText"/>.</exception>
    public string? ReadPlain(string key) => ConfigText.Plain(Read(key));

    public void Write(string path, string? text)
    {
        if (text is null)
        {
            AtomicFile.Remove(files, path);
        }
        else
        {
            AtomicFile.Replace(files, path, Encoding.Latin1.GetBytes(text));
        }
    }
}
