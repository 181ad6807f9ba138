using System.Text;
using GuestTune.Agent.Systemd;
using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Agent.QemuGa;

/// <summary>The block list that GuestTune gives one service, sorted and separated by commas; null where it gives none. Its only writer writes it, too.</summary>
internal sealed class BlockListKnob(RootedFileSystem files, string unit, QemuGaProgram program, QemuGaService service) : IKnob, IKnobWriter
{
    private readonly string _path = BlockListDropIn.PathOf(unit);

    public IKnobWriter Writer => this;

    public KnobReading Read()
    {
        var reading = files.ReadText(_path);
        return reading.Text is { } text ? new KnobReading(BlockListDropIn.ListOf(text), null) : new KnobReading(null, reading.IsMissing ? null : reading.Problem);
    }

    public bool AreEqual(string? left, string? right)
        => left is null || right is null ? left is null && right is null : ((IValueKind)SetValue.Instance).IsSatisfied(left, right);

    public void Write(string? value)
    {
        var former = files.ReadText(_path);
        if (former is { Text: null, IsMissing: false })
        {
            throw new CommandException($"{_path} is left as it is: {former.Problem}");
        }

        var text = Compose(value);
        if (text is not null && program.WhyRefused(WordsWith(value!)) is { } refusal)
        {
            throw new CommandException($"this qemu-ga would not start with the block list: {refusal}");
        }

        var wasActive = service.IsActive(unit);
        try
        {
            Put(text);
            Activate(wasActive);
        }
        catch (IOException e)
        {
            throw new CommandException($"{e.Message}; {PutBack(former.Text, wasActive)}");
        }
    }

    void IKnobWriter.Write(IReadOnlyList<KnobWrite> writes)
    {
        foreach (var write in writes)
        {
            Write(write.Value);
        }
    }

    public IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        return writes.Count == 0 ? [] : [new FileEdit(_path, files.ReadText(_path).Text, Compose(writes[^1].Value))];
    }

    /// <summary>The arguments that qemu-ga would get.</summary>
    internal IEnumerable<string> WordsWith(string value)
    {
        var (start, spelling) = Basis();
        return ExecCommand.Parse(BlockListDropIn.CommandFor(start, spelling, RpcLists.Split(value)), start.Environment).Words;
    }

    private string? Compose(string? value)
    {
        if (value is null)
        {
            return null;
        }

        var (start, spelling) = Basis();
        return BlockListDropIn.Compose(start, spelling, RpcLists.Split(value));
    }

    private (ExecCommand Start, ListSpelling Spelling) Basis()
    {
        var start = ServiceUnit.Load(files, unit, without: _path)?.Start
            ?? throw new CommandException($"{unit} starts nothing (is it masked?): there is no command to add the block list to");
        var spelling = program.ReadSpelling()
            ?? throw new CommandException($"{program} --help names neither --block-rpcs nor --blacklist: this qemu-ga cannot block commands, or cannot be asked{(program.WhyNotAsked is { } reason ? $" ({reason})" : "")}");
        return (start, spelling);
    }

    private void Put(string? text)
    {
        if (text is null)
        {
            AtomicFile.Remove(files, _path);
            files.RemoveEmptyDirectory(ServiceUnit.DropInDirectory(unit));
            return;
        }

        files.CreateDirectory(ServiceUnit.DropInDirectory(unit));
        AtomicFile.Replace(files, _path, Encoding.UTF8.GetBytes(text));
    }

    private void Activate(bool restart)
    {
        service.Reload();
        if (!restart)
        {
            return;
        }

        var wanted = QemuGaArguments.Parse(ServiceUnit.Load(files, unit)?.Start?.Words ?? []).Lists;
        service.Restart(unit, process => QemuGaArguments.Parse(process.Words).Lists.IsSame(wanted));
    }

    private string PutBack(string? former, bool wasActive)
    {
        try
        {
            Put(former);
            Activate(wasActive);
            return "the former configuration is back" + (wasActive ? ", and qemu-ga runs with it" : "");
        }
        catch (IOException e)
        {
            return $"and the former configuration could not be brought back: {e.Message}";
        }
    }
}
