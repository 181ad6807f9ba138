using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>
/// Changes several files so that all have their new content or all their old one, whatever happens between: their old content is
/// saved first, and a record says what is being changed. What a power cut leaves behind is put back by <see cref="Recover"/>.
/// </summary>
/// <remarks>The saved copies stay, as a backup of the state before the last change.</remarks>
internal sealed class BootTransaction
{
    private const string Header = "guesttune-boot-change 1";
    private const string Missing = "-";

    /// <summary>A program of the guest writes it: what it will hold is not known beforehand.</summary>
    private const string Unknown = "*";

    private readonly RootedFileSystem _files;
    private readonly string _record;
    private readonly string _backups;
    private readonly List<(string Path, string Before, string After)> _changes = [];

    private BootTransaction(RootedFileSystem files, string stateDirectory)
    {
        _files = files;
        _record = RecordPath(stateDirectory);
        _backups = stateDirectory + "/boot-backup";
    }

    /// <param name="edits">Files that will be written, with what they will hold.</param>
    /// <param name="generated">Files that programs may write; they are put back whatever they hold.</param>
    /// <exception cref="IOException">Nothing has changed.</exception>
    public static BootTransaction Begin(RootedFileSystem files, string stateDirectory, IEnumerable<BootEdit> edits, IEnumerable<string> generated)
    {
        var transaction = new BootTransaction(files, stateDirectory);
        foreach (var edit in edits)
        {
            transaction.Save(edit.Path, edit.Before, edit.After is null ? Missing : Hash(edit.After));
        }

        foreach (var path in generated)
        {
            transaction.Save(path, files.Read(path), Unknown);
        }

        transaction.WriteRecord();
        return transaction;
    }

    /// <summary>Puts back what a change that was cut off had changed.</summary>
    /// <returns>What was done, for the log; empty where there was nothing to do.</returns>
    /// <exception cref="IOException">It could not be put back.</exception>
    public static IReadOnlyList<PutBackFile> Recover(RootedFileSystem files, string stateDirectory)
    {
        if (files.Read(RecordPath(stateDirectory)) is not { } text)
        {
            return [];
        }

        var transaction = new BootTransaction(files, stateDirectory);
        transaction.ReadRecord(text);
        return transaction.RollBack();
    }

    public static bool IsPending(RootedFileSystem files, string stateDirectory) => files.FileExists(RecordPath(stateDirectory));

    /// <exception cref="IOException">The file is as it was; or somebody else has just changed it.</exception>
    public void Write(string path, string? content)
    {
        var now = _files.Read(path);
        var index = _changes.FindIndex(c => string.Equals(c.Path, path, StringComparison.Ordinal));
        if (index < 0)
        {
            // Known only now: the record must say it before the file changes.
            Save(path, now, content is null ? Missing : Hash(content));
            WriteRecord();
        }
        else if (!string.Equals(_changes[index].Before, now is null ? Missing : Hash(now), StringComparison.Ordinal))
        {
            throw new IOException($"{path} has just been changed by somebody else; try again");
        }

        Put(path, content);
    }

    /// <exception cref="IOException">The change is complete, but would be taken back at the next start.</exception>
    public void Commit() => AtomicFile.Remove(_files, _record);

    /// <summary>Each file that is still as this change has left it gets its old content back; one that somebody else has changed since is left.</summary>
    /// <exception cref="IOException">Not all of it could be put back; the record stays, so that it can be done later.</exception>
    public IReadOnlyList<PutBackFile> RollBack()
    {
        var report = new List<PutBackFile>();
        for (var i = _changes.Count - 1; i >= 0; i--)
        {
            var (path, before, after) = _changes[i];
            var content = _files.Read(path);
            var now = content is null ? Missing : Hash(content);
            if (string.Equals(now, before, StringComparison.Ordinal))
            {
                continue;
            }

            if (after is not Unknown && !string.Equals(now, after, StringComparison.Ordinal))
            {
                report.Add(new PutBackFile(path, IsLeft: true));
                continue;
            }

            Put(path, before is Missing ? null : ReadBackup(path, before));
            report.Add(new PutBackFile(path, IsLeft: false));
        }

        AtomicFile.Remove(_files, _record);
        return report;
    }

    private static string RecordPath(string stateDirectory) => stateDirectory + "/boot-change";

    private static string Hash(string content) => Convert.ToHexString(SHA256.HashData(Encoding.Latin1.GetBytes(content)));

    private void Save(string path, string? content, string after)
    {
        if (path.AsSpan().ContainsAny('\n', '\t'))
        {
            throw new IOException($"'{path}' has a name with a tab or line end");
        }

        _changes.Add((path, content is null ? Missing : Hash(content), after));
        if (content is not null)
        {
            MakeDirectory(_backups + Path.GetDirectoryName(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Put(_backups + path, content);
        }
    }

    /// <exception cref="IOException">The copy is not what was saved.</exception>
    private string ReadBackup(string path, string hash)
    {
        var content = _files.ReadRequired(_backups + path);
        return string.Equals(Hash(content), hash, StringComparison.Ordinal) ? content
            : throw new IOException($"{path} cannot be put back: its copy {_backups + path} was changed");
    }

    private void Put(string path, string? content)
    {
        if (content is null)
        {
            AtomicFile.Remove(_files, path);
            return;
        }

        MakeDirectory(Path.GetDirectoryName(path)!, null);
        AtomicFile.Replace(_files, path, Encoding.Latin1.GetBytes(content));
    }

    private void MakeDirectory(string path, UnixFileMode? mode)
    {
        var real = _files.Resolve(path);
        if (Directory.Exists(real))
        {
            return;
        }

        try
        {
            _ = mode is { } permissions ? Directory.CreateDirectory(real, permissions) : Directory.CreateDirectory(real);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"cannot create {path}: {e.Message}", e);
        }
    }

    private void WriteRecord()
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var (path, before, after) in _changes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{before}\t{after}\t{path}\n");
        }

        MakeDirectory(Path.GetDirectoryName(_record)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Replace(_files, _record, Encoding.Latin1.GetBytes(text.ToString()));
    }

    /// <exception cref="IOException">It was not written by this version.</exception>
    private void ReadRecord(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !string.Equals(lines[0], Header, StringComparison.Ordinal))
        {
            throw new IOException($"{_record} was not written by this version of GuestTune; look into {_backups} and remove it");
        }

        foreach (var line in lines.AsSpan(1))
        {
            var fields = line.Split('\t');
            _changes.Add(fields.Length == 3 ? (fields[2], fields[0], fields[1]) : throw new IOException($"{_record} is damaged; look into {_backups} and remove it"));
        }
    }
}
