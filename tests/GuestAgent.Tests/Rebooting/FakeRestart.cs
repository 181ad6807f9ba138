using GuestTune.Agent.Rebooting;

namespace GuestTune.Agent.Tests.Rebooting;

/// <summary>Counts what a real one would do.</summary>
internal sealed class FakeRestart : IGuestRestart
{
    public string Method => "systemd";

    public int Count { get; private set; }

    public string? Refusal { get; set; }

    public string? Failure { get; set; }

    public string? WhyNot() => Refusal;

    public void Begin()
    {
        if (Failure is { } failure)
        {
            throw new IOException(failure);
        }

        Count++;
    }
}
