using System.IO.Pipelines;

namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>Whoever uses a session on one side: writes known bytes, and checks each byte that comes.</summary>
internal sealed class SessionUser(Session session, bool isHost)
{
    private static readonly byte[] Zero = [];
    private ValueTask<FlushResult> _flush;
    private bool _isFlushing;
    private byte[] _expected = Zero;

    public Session Session => session;

    public long Sent { get; private set; }

    public long Received { get; private set; }

    public bool IsFinished { get; private set; }

    public bool HasSeenEnd { get; private set; }

    public bool IsUp => !session.Ended.IsCompleted;

    public void Send(int sizeBytes)
    {
        if (IsFinished || !CanSend())
        {
            return;
        }

        while (sizeBytes > 0)
        {
            var span = session.Output.GetSpan();
            var count = Math.Min(span.Length, sizeBytes);
            Content.Fill(span[..count], session.Id, isHost, Sent);
            session.Output.Advance(count);
            Sent += count;
            sizeBytes -= count;
        }

#pragma warning disable CA2012 // Consumed once, in CanSend; awaiting it would bring in the thread pool.
        _flush = session.Output.FlushAsync();
#pragma warning restore CA2012
        _isFlushing = true;
    }

    public void Finish()
    {
        if (!IsFinished && CanSend())
        {
            IsFinished = true;
            session.Output.Complete();
        }
    }

    public bool CanSend()
    {
        if (_isFlushing && _flush.IsCompleted)
        {
            _isFlushing = false;
            _ = _flush.GetAwaiter().GetResult();
        }

        return !_isFlushing;
    }

    /// <summary>Takes what has arrived. True if there was something.</summary>
    public bool Receive()
    {
        if (HasSeenEnd)
        {
            return false;
        }

        ReadResult result;
        try
        {
            if (!session.Input.TryRead(out result))
            {
                return false;
            }
        }
        catch (SessionEndedException)
        {
            HasSeenEnd = true;
            return false;
        }

        foreach (var segment in result.Buffer)
        {
            Check(segment.Span);
        }

        var any = !result.Buffer.IsEmpty;
        session.Input.AdvanceTo(result.Buffer.End);
        HasSeenEnd = result.IsCompleted;
        return any;
    }

    private void Check(ReadOnlySpan<byte> bytes)
    {
        if (_expected.Length < bytes.Length)
        {
            _expected = new byte[Math.Max(bytes.Length, 1024)];
        }

        var expected = _expected.AsSpan(0, bytes.Length);
        Content.Fill(expected, session.Id, !isHost, Received);
        if (!bytes.SequenceEqual(expected))
        {
            throw new SimulationFailedException($"{(isHost ? "host" : "guest")} got a wrong byte at {Received + bytes.CommonPrefixLength(expected)} of session {session.Id}");
        }

        Received += bytes.Length;
    }
}
