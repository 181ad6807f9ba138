using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Users and passwords that libvirt knows through SASL's own database, by the programs that come with it.</summary>
internal sealed class SaslUsers(RootedFileSystem files, ICommandRunner commands, string database)
{
    public const string DefaultDatabase = "/etc/libvirt/passwd.db";

    private const string Application = "libvirt";
    private const string SetProgram = "saslpasswd2";
    private const string ListProgram = "sasldblistusers2";
    private const int MaximumNameLength = 64;
    private const int MaximumPasswordBytes = 1024;
    private const UnixFileMode OthersRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public string Database => database;

    /// <summary>Why others could read passwords, which are in clear text there, or null.</summary>
    public string? WhyNotPrivate => files.FileExists(database) && (File.GetUnixFileMode(files.Resolve(database)) & OthersRead) != UnixFileMode.None
        ? $"{database} has passwords in clear text, and every user of this host can read it: chmod o-rwx {database}"
        : null;

    public string? WhyNotAvailable => commands.WhyNotAvailable ?? (commands.Find(SetProgram) is null || commands.Find(ListProgram) is null
        ? $"{SetProgram} and {ListProgram} are not installed (Debian: sasl2-bin; Fedora and openEuler: cyrus-sasl)"
        : null);

    /// <summary>As USER@REALM, in their order.</summary>
    /// <exception cref="IOException">They cannot be listed.</exception>
    public IReadOnlyList<string> List()
    {
        if (!files.FileExists(database))
        {
            return [];
        }

        // Each line: "joe@host: userPassword".
        return
        [
            .. Run(new Command(ListProgram, "-f", database)).Output.Split('\n')
                .Select(static l => l.LastIndexOf(": ", StringComparison.Ordinal) is > 0 and var at ? l[..at] : "")
                .Where(static n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
    }

    /// <param name="replace">A user that is there gets the new password; else that is refused.</param>
    /// <exception cref="PracticeException">The name or the password cannot be taken.</exception>
    /// <exception cref="IOException">It could not be done.</exception>
    public void Add(string user, string password, bool replace)
    {
        CheckName(user);
        if (password.Length == 0 || password.Length > MaximumPasswordBytes || password.AsSpan().ContainsAny('\0', '\n', '\r'))
        {
            throw PracticeException.Invalid($"the password must have 1 to {MaximumPasswordBytes} characters, and no line ends within it");
        }

        if (!replace && IsThere(user))
        {
            throw PracticeException.Invalid($"there is a user '{user}' already; use --replace to give it a new password");
        }

        Run(new Command(SetProgram, ["-p", "-c", "-f", database, "-a", Application, .. Named(user)]) { Input = password });
        File.SetUnixFileMode(files.Resolve(database), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (!IsThere(user))
        {
            throw new IOException($"{SetProgram} says that it added '{user}', and {ListProgram} does not list it in {database}");
        }
    }

    /// <exception cref="PracticeException">There is no such user.</exception>
    /// <exception cref="IOException">It could not be done.</exception>
    public void Remove(string user)
    {
        CheckName(user);
        if (!IsThere(user))
        {
            throw PracticeException.Invalid($"there is no user '{user}' in {database}; there are: {(List() is { Count: > 0 } all ? string.Join(", ", all) : "none")}");
        }

        Run(new Command(SetProgram, ["-d", "-f", database, "-a", Application, .. Named(user)]));
        if (IsThere(user))
        {
            throw new IOException($"{SetProgram} says that it removed '{user}', and {ListProgram} still lists it in {database}");
        }
    }

    /// <summary>Without a realm the host's own name is meant, as for saslpasswd2, which takes all of it, in small letters (_sasl_conn_init of lib/common.c): the runtime's would end at its first dot.</summary>
    private bool IsThere(string user) => List().Contains(
        user.Contains('@', StringComparison.Ordinal) ? user : $"{user}@{files.ReadText("/proc/sys/kernel/hostname").Value?.ToLowerInvariant()}", StringComparer.Ordinal);

    private static string[] Named(string user) => user.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at ? ["-u", user[(at + 1)..], user[..at]] : [user];

    private static void CheckName(string user)
    {
        if (user.Length is 0 or > MaximumNameLength || user[0] == '-' || user.Split('@') is not ([{ Length: > 0 }] or [{ Length: > 0 }, { Length: > 0 }])
            || !user.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@'))
        {
            throw PracticeException.Invalid($"'{user}' cannot be a user: it must be 1 to {MaximumNameLength} of A-Z a-z 0-9 . _ -, with or without @REALM");
        }
    }

    private CommandResult Run(Command command)
    {
        if (WhyNotAvailable is { } reason)
        {
            throw new IOException(reason);
        }

        var result = commands.Run(command);
        return result.Succeeded ? result : throw new IOException(result.Describe(command));
    }
}
