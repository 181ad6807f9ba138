using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;

namespace GuestTune.Practices.Tests.Operations;

/// <summary>Where the disk is full.</summary>
public enum JournalFault
{
    None,
    Open,
    Reserve,
    Append,

    /// <summary>Half of the record reaches the disk before it is full.</summary>
    AppendHalf,
}

/// <summary>A journal file on a disk that is full when the test says so.</summary>
internal sealed class FaultyJournalFile : IJournalFile
{
    private const int NoSpace = 28;
    private readonly JournalFile _file;
    private readonly Switch _faults;

    public FaultyJournalFile(string path, long length, Switch faults)
    {
        _faults = faults;
        if (faults.Fault == JournalFault.Open)
        {
            throw FileProblemException.For("open the journal", path, NoSpace);
        }

        _file = new JournalFile(path, length);
    }

    public string Path => _file.Path;

    public void Reserve(int bytes)
    {
        if (_faults.Fault == JournalFault.Reserve)
        {
            throw FileProblemException.For("reserve room in the journal", Path, NoSpace);
        }

        _file.Reserve(bytes);
    }

    public void AppendAndSync(ReadOnlySpan<byte> bytes)
    {
        if (_faults.Fault == JournalFault.AppendHalf)
        {
            _file.AppendAndSync(bytes[..(bytes.Length / 2)]);
        }

        if (_faults.Fault is JournalFault.Append or JournalFault.AppendHalf)
        {
            throw FileProblemException.For("write", Path, NoSpace);
        }

        _file.AppendAndSync(bytes);
    }

    public void Truncate(long length) => _file.Truncate(length);

    public void Dispose() => _file.Dispose();

    public sealed class Switch
    {
        public JournalFault Fault { get; set; }
    }
}
