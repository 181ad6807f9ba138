using GuestTune.Controller.Libvirt;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>One item of the running domain, changed by a call of libvirt that leaves the definition alone.</summary>
internal sealed class LiveKnob(DomainView view, Func<string?> read, Action<string?> write, Func<string?, string?, bool>? areEqual = null) : IKnob
{
    /// <summary>Before the item's name, in the item of a change.</summary>
    public const string ItemPrefix = "live:";

    public KnobReading Read()
    {
        try
        {
            return view.IsActive ? new KnobReading(read(), null) : new KnobReading(null, NotRunning);
        }
        catch (Exception e) when (e is LibvirtException or PracticeException)
        {
            return new KnobReading(null, e.Message);
        }
    }

    public void Write(string? value)
    {
        if (!view.IsActive)
        {
            throw new IOException(NotRunning);
        }

        try
        {
            write(value);
        }
        catch (LibvirtException e) when (e.IsUncertain)
        {
            throw new UncertainWriteException("libvirt went away before it said whether it did it", e);
        }
        catch (LibvirtException e)
        {
            throw new IOException($"libvirt does not do it while the domain runs: {e.Message}", e);
        }
        finally
        {
            view.Forget();
        }
    }

    public bool AreEqual(string? left, string? right) => areEqual?.Invoke(left, right) ?? string.Equals(left, right, StringComparison.Ordinal);

    private string NotRunning => $"{view.Name} does not run any more";
}
