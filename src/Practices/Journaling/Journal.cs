using System.Runtime.InteropServices;
using GuestTune.Practices.Files;

namespace GuestTune.Practices.Journaling;

/// <summary>
/// The memory of what was changed: an append-only file, on the disk before anything is changed, that survives a power cut at
/// any byte. See docs/agent.md for the format.
/// </summary>
public sealed class Journal : IDisposable
{
    private const uint PrivateDirectoryMode = 0x1c0; // 0700

    private readonly JournalOptions _options;
    private readonly Func<string, long, IJournalFile> _openFile;
    private readonly StateLock _lock;
    private readonly List<JournaledOperation> _operations = [];
    private readonly Dictionary<string, int> _indexById = new(StringComparer.Ordinal);
    private readonly OwnedValues _owned = new();
    private IJournalFile? _file;
    private long _length;
    private long _ends;

    private Journal(JournalOptions options, StateLock stateLock, Func<string, long, IJournalFile> openFile)
    {
        _options = options;
        _lock = stateLock;
        _openFile = openFile;
    }

    /// <summary>Bytes of a torn record that were cut off when the journal was opened.</summary>
    public int CutOffBytes { get; private set; }

    public string FilePath => Path.Combine(_options.Directory, "journal");

    public int OperationCount => _operations.Count;

    /// <summary>Oldest first.</summary>
    internal IReadOnlyList<JournaledOperation> Operations => _operations;

    /// <exception cref="StateLockedException">Another process uses the directory.</exception>
    /// <exception cref="IOException">The journal cannot be read or written; the message says why.</exception>
    public static Journal Open(JournalOptions options) => Open(options, static (path, length) => new JournalFile(path, length));

    internal static Journal Open(JournalOptions options, Func<string, long, IJournalFile> openFile)
    {
        ArgumentNullException.ThrowIfNull(options);
        var mistakes = string.Join("; ", options.Validate());
        if (mistakes.Length > 0)
        {
            throw new ArgumentException(mistakes, nameof(options));
        }

        CreateDirectory(options.Directory);
        var stateLock = new StateLock(options.Directory);
        var journal = new Journal(options, stateLock, openFile);
        try
        {
            journal.Load();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    internal JournaledOperation? Find(string operationId)
        => _indexById.TryGetValue(operationId, out var index) ? _operations[index] : null;

    /// <summary>The values that GuestTune set last and has not undone.</summary>
    internal IReadOnlyList<OwnedValue> OwnedBy(string practice, string bootId) => _owned.Of(_operations, practice, bootId);

    /// <summary>Makes sure that an outcome of this size can be written later, so that a full disk is found before anything is changed.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    internal void Reserve(int bytes) => (_file ?? Reopen()).Reserve(bytes);

    /// <summary>On the disk when it returns; all of the records or none.</summary>
    /// <exception cref="IOException">Nothing was recorded.</exception>
    internal void Append(params ReadOnlySpan<JournalRecord> records)
    {
        var file = _file ?? Reopen();
        using var lines = new MemoryStream();
        foreach (var record in records)
        {
            lines.Write(RecordFrame.Encode(RecordCodec.Encode(record)));
        }

        var bytes = lines.GetBuffer().AsSpan(0, (int)lines.Length);
        try
        {
            file.AppendAndSync(bytes);
        }
        catch (IOException)
        {
            CutBack(file);
            throw;
        }

        _length += bytes.Length;
        foreach (var record in records)
        {
            Fold(record);
        }
    }

    /// <summary>Keeps the file bounded; called between operations.</summary>
    /// <exception cref="IOException">The old file is still in place and in use.</exception>
    internal void CompactIfLarge()
    {
        if (_operations.Count >= _options.CompactAtOperations)
        {
            Compact();
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock.Dispose();
    }

    private static void CreateDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(directory)) ?? "/");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"cannot create the state directory {directory}: {e.Message}", e);
        }

        if (Libc.MakeDirectory(directory, PrivateDirectoryMode) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.Exists)
        {
            throw FileProblemException.For("create the state directory", directory, errno);
        }

        // An undo writes what the journal says.
        if (TrustedFile.WhyNotOurs(directory) is { } reason)
        {
            throw new JournalException($"the state directory cannot be trusted: {reason}");
        }
    }

    private void Load()
    {
        var path = FilePath;
        var content = ReadContent(path);
        var scan = JournalScan.Of(content, path);
        if (scan.ValidBytes < content.Length)
        {
            // Kept, in case somebody wants to see what was torn; overwritten by the next one.
            CutOffBytes = content.Length - scan.ValidBytes;
            AtomicFile.Replace(new RootedFileSystem("/"), path + ".torn", content.AsSpan(scan.ValidBytes), AtomicFile.PrivateMode);
        }

        foreach (var payload in scan.Payloads)
        {
            try
            {
                Fold(RecordCodec.Decode(payload.Span));
            }
            catch (FormatException e)
            {
                throw new JournalException($"{path} holds a record that this version does not understand ({e.Message}); use the version that wrote it, or move the file away", e);
            }
        }

        if (_operations.Count > _options.KeptOperations)
        {
            Compact();
            return;
        }

        _length = scan.ValidBytes;
        var file = _openFile(path, content.Length);
        _file = file;
        if (scan.ValidBytes < content.Length)
        {
            file.Truncate(scan.ValidBytes);
        }

        if (scan.ValidBytes == 0)
        {
            var header = RecordFrame.Encode(RecordCodec.Header());
            try
            {
                file.AppendAndSync(header);
            }
            catch (IOException)
            {
                CutBack(file);
                throw;
            }

            _length = header.Length;
            NativeFile.SyncDirectory(_options.Directory);
        }
    }

    private byte[] ReadContent(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null || (file.Exists && file.Length > _options.MaximumFileBytes))
            {
                throw new JournalException($"{path} is a link or larger than {_options.MaximumFileBytes} bytes: not a journal of GuestTune; move it away");
            }

            return file.Exists ? File.ReadAllBytes(path) : [];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new JournalException($"cannot read the journal {path}: {e.Message}", e);
        }
    }

    private void CutBack(IJournalFile file)
    {
        try
        {
            file.Truncate(_length);
        }
        catch (IOException)
        {
            // Whatever is behind the last whole record is cut when the file is opened again.
            file.Dispose();
            _file = null;
        }
    }

    private IJournalFile Reopen()
    {
        var file = _openFile(FilePath, _length);
        try
        {
            file.Truncate(_length);
        }
        catch (IOException)
        {
            file.Dispose();
            throw;
        }

        _file = file;
        return file;
    }

    private void Compact()
    {
        var kept = _operations.GetRange(Math.Max(0, _operations.Count - _options.KeptOperations), Math.Min(_operations.Count, _options.KeptOperations));
        using var content = new MemoryStream();
        content.Write(RecordFrame.Encode(RecordCodec.Header()));
        foreach (var (begun, _, _) in kept)
        {
            content.Write(RecordFrame.Encode(RecordCodec.Encode(begun)));
        }

        // In the order in which they came: that decides who owns a value.
        foreach (var (begun, operation, _) in kept.OrderBy(static o => o.EndOrder))
        {
            if (operation.EndedAt is { } endedAt)
            {
                var state = operation.State == OperationState.Undone ? OperationState.Done : operation.State;
                content.Write(RecordFrame.Encode(RecordCodec.Encode(new EndedRecord(begun.OperationId, state, endedAt, operation.Outcomes, operation.Error))));
            }
        }

        AtomicFile.Replace(new RootedFileSystem("/"), FilePath, content.GetBuffer().AsSpan(0, (int)content.Length));
        _file?.Dispose();
        _file = null;
        _length = content.Length;
        _operations.Clear();
        _indexById.Clear();
        _owned.Invalidate();
        foreach (var operation in kept)
        {
            _indexById[operation.Begun.OperationId] = _operations.Count;
            _operations.Add(operation);
        }
    }

    private void Fold(JournalRecord record)
    {
        switch (record)
        {
            case BegunRecord begun:
                if (_indexById.ContainsKey(begun.OperationId))
                {
                    throw new FormatException($"operation {begun.OperationId} begins twice");
                }

                _indexById[begun.OperationId] = _operations.Count;
                _operations.Add(new JournaledOperation(begun, new Operation(
                    begun.OperationId, begun.Kind, begun.Practice, OperationState.Begun, begun.At, null, [], begun.Target, null)));
                break;

            case EndedRecord ended when _indexById.TryGetValue(ended.OperationId, out var index):
                var current = _operations[index];
                _operations[index] = current with
                {
                    Operation = current.Operation with { State = ended.State, EndedAt = ended.At, Outcomes = ended.Outcomes, Error = ended.Error },
                    EndOrder = _ends++,
                };
                if (current.Begun is { Kind: OperationKind.Undo, Target: { } target } && ended.State == OperationState.Done
                    && _indexById.TryGetValue(target, out var undone))
                {
                    var former = _operations[undone];
                    _operations[undone] = former with
                    {
                        Operation = former.Operation with { State = OperationState.Undone, RelatedOperationId = ended.OperationId },
                    };
                    _owned.Invalidate();
                }
                else
                {
                    _owned.Add(_operations[index]);
                }

                break;

            case EndedRecord ended:
                throw new FormatException($"operation {ended.OperationId} ends without having begun");
        }
    }
}
