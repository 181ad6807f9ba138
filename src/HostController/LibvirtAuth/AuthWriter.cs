using GuestTune.Practices;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Writes keys of several files and switches sockets, restarts the daemon, and tries the result; if that fails, all is put back as it was.</summary>
internal sealed class AuthWriter(AuthFiles files, LibvirtService service, ILibvirtControl control, LoginTrial trial) : IKnobWriter
{
    public KnobReading Read(string name)
    {
        try
        {
            return IsUnit(name) ? new KnobReading(control.IsUnitOn(name) ? AuthKnob.On : AuthKnob.Off, null) : new KnobReading(files.Read(name), null);
        }
        catch (IOException e)
        {
            return new KnobReading(null, e.Message);
        }
    }

    public IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes) =>
        [.. Edit(writes).Select(static e => new FileEdit(e.Path, e.Before, e.After))];

    public void Write(IReadOnlyList<KnobWrite> writes)
    {
        var edits = Edit(writes);
        var units = writes.Where(static w => IsUnit(Name(w))).ToDictionary(Name, static w => w.Value is AuthKnob.On, StringComparer.Ordinal);
        var formerUnits = units.Keys.ToDictionary(static u => u, control.IsUnitOn, StringComparer.Ordinal);
        var isRestarted = false;
        try
        {
            edits.ForEach(e => files.Write(e.Path, e.After));
            isRestarted = true;
            control.Restart(service, units);
            trial.Check();
        }
        catch (Exception e) when (e is IOException or PracticeException)
        {
            throw new IOException($"{e.Message}; {PutBack(edits, formerUnits, isRestarted)}", e);
        }
    }

    public static bool IsUnit(string name) => name.EndsWith(".socket", StringComparison.Ordinal);

    private static string Name(KnobWrite write) => ((AuthKnob)write.Knob).Name;

    private string PutBack(List<(string Path, string? Before, string? After)> edits, Dictionary<string, bool> units, bool isRestarted)
    {
        var lost = new List<string>();
        foreach (var (path, before, _) in edits)
        {
            try
            {
                files.Write(path, before);
            }
            catch (IOException e)
            {
                lost.Add($"{path} ({e.Message})");
            }
        }

        if (lost.Count > 0)
        {
            // Nor is the daemon started with half of each, or left with what was refused.
            return $"the former configuration could not be put back: {string.Join(", ", lost)} must be mended by hand ('guesttune host history' has the former values), then {service.Name} restarted. "
                + (isRestarted ? Stop(units) : $"Until then {service.Name} runs with the former one");
        }

        try
        {
            control.Restart(service, units);
            return $"the former configuration is back, and {service.Name} runs with it";
        }
        catch (IOException e)
        {
            return $"the former configuration is back, and restarting {service.Name} with it failed, too: {e.Message}";
        }
    }

    private string Stop(Dictionary<string, bool> switched)
    {
        string[] sockets = service.IsSocketActivated ? [.. Enum.GetValues<LibvirtTransport>().Select(service.SocketUnit).Where(u => switched.ContainsKey(u) || control.IsUnitOn(u))] : [];
        var all = string.Join(", ", sockets.Prepend(service.Unit));
        try
        {
            control.Stop(service, sockets);
            return $"Until then it is stopped, and takes no calls over the network: {all}";
        }
        catch (IOException e)
        {
            return $"It runs with the new configuration, which was refused, for it could not be stopped ({e.Message}): stop {all}";
        }
    }

    private List<(string Path, string? Before, string? After)> Edit(IReadOnlyList<KnobWrite> writes)
    {
        var edits = new List<(string Path, string? Before, string? After)>();
        foreach (var write in writes.Where(static w => !IsUnit(Name(w))))
        {
            if (files.Of(Name(write)) is not var (path, dialect))
            {
                throw new IOException($"{service.Name} has no {Name(write)}");
            }

            var at = edits.FindIndex(e => string.Equals(e.Path, path, StringComparison.Ordinal));
            if (at < 0)
            {
                var former = files.ReadText(path);
                edits.Add((path, former, former));
                at = edits.Count - 1;
            }

            var text = edits[at].After ?? "";
            text = write.Value is null ? ConfigText.Remove(text, dialect, Name(write)) : ConfigText.Set(text, dialect, Name(write), write.Value);

            // A file that only had this is one that GuestTune made.
            edits[at] = edits[at] with { After = text.Length == 0 && write.Value is null ? null : text };
        }

        edits.RemoveAll(static e => string.Equals(e.Before, e.After, StringComparison.Ordinal));
        return edits;
    }
}
