using System.Globalization;
using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting;

/// <summary>
/// The newest restarts that operations asked for, in a file beside the journal: it outlives the boot that it tells of, so that an operation id
/// restarts a guest once. One line each: operation id, boot id, time.
/// </summary>
internal sealed class RebootRecords(RootedFileSystem files, string stateDirectory)
{
    /// <summary>As many as anybody may still ask about; an older id would restart the guest again.</summary>
    public const int Kept = 256;

    private readonly string _path = stateDirectory + "/reboots";

    /// <returns>Null where this operation has asked for none.</returns>
    /// <exception cref="IOException">The file is damaged or cannot be read, so nobody knows.</exception>
    public RebootRecord? Find(string operationId) => Read().FindLast(r => string.Equals(r.OperationId, operationId, StringComparison.Ordinal));

    /// <summary>On the disk when it returns.</summary>
    /// <exception cref="IOException">Nothing has been recorded.</exception>
    public void Add(RebootRecord record) => Write([.. Read().TakeLast(Kept - 1), record]);

    /// <exception cref="IOException">It is still recorded.</exception>
    public void Remove(string operationId) => Write([.. Read().Where(r => !string.Equals(r.OperationId, operationId, StringComparison.Ordinal))]);

    private List<RebootRecord> Read()
    {
        var reading = files.ReadText(_path);
        if (reading.IsMissing)
        {
            return [];
        }

        var text = reading.Text ?? throw new IOException($"{_path} {reading.Problem}");
        var records = new List<RebootRecord>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            records.Add(line.Split(' ') is [var id, var boot, var at] && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? new RebootRecord(id, boot, DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, uint.MaxValue)))
                : throw new IOException($"{_path} is damaged, so that nobody knows which operations have restarted this guest: look at it, and move it away"));
        }

        return records;
    }

    private void Write(IReadOnlyList<RebootRecord> records)
    {
        var text = new StringBuilder();
        foreach (var (id, boot, at) in records)
        {
            text.Append(id).Append(' ').Append(boot).Append(' ').Append(at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        AtomicFile.Replace(files, _path, Encoding.UTF8.GetBytes(text.ToString()), mode: 0x180);
    }
}
