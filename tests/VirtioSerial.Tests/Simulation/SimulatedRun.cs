using System.Buffers;
using System.Diagnostics;
using GuestTune.FakePort;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>One random life of a port, from a seed: attaches, detaches, deaths, stale and torn and changed bytes. The channel code is the
/// real one; the port is a fake, the clock is virtual, and everything runs on one thread, so that a seed always gives the same run.</summary>
internal sealed class SimulatedRun
{
    private const int RecordingSizeBytes = 64 * 1024;

    private static readonly TimeSpan MaxAttachTime = TimeSpan.FromSeconds(30);

    private readonly Random _random;
    private readonly ManualTimeProvider _clock = new();
    private readonly FakeVirtioPort _port;
    private readonly SessionOptions _options;
    private readonly List<HostProcess> _hosts = [];
    private readonly List<FakeClient> _strangers = [];
    private readonly byte[] _recording = ArrayPool<byte>.Shared.Rent(RecordingSizeBytes);
    private int _recordedSizeBytes;
    private AgentProcess? _agent;

    public SimulatedRun(int seed)
    {
        _random = new Random(seed);
        _port = new FakeVirtioPort(new FakePortLimits
        {
            ReadBuffers = _random.Next(1, 12),
            ReadSizeBytes = _random.Next(2) == 0 ? 4096 : _random.Next(16, 600),
            SocketSizeBytes = _random.Next(100, 40_000),
            OutputSizeBytes = _random.Next(100, 40_000),
        })
        {
            MovesBytes = false,
        };
        _options = new SessionOptions
        {
            MaxPayloadSizeBytes = _random.Next(2) == 0 ? _random.Next(512, 3000) : 32_732,
            InputPauseSizeBytes = _random.Next(1000, 100_000),
        };
    }

    public SimulationStatistics Statistics { get; } = new();

    public void Run()
    {
        var steps = _random.Next(20, 120);
        if (_random.Next(4) == 0)
        {
            _port.ShortenWrite = possible => _random.Next(3) == 0 ? _random.Next(1, possible + 1) : possible;
        }

        if (_random.Next(4) > 0)
        {
            StartAgent();
        }

        for (var i = 0; i < steps; i++)
        {
            Act();
        }

        Settle(TimeSpan.FromSeconds(1));
        CheckSurvivors();
        CheckAttachesAgain();
        ArrayPool<byte>.Shared.Return(_recording);
    }

    private void Act()
    {
        switch (_random.Next(100))
        {
            case < 12:
                Attach();
                break;
            case < 15:
                KillHost();
                break;
            case < 17:
                // A close followed at once by a connect, which the guest does not see.
                KillHost();
                if (_random.Next(2) == 0)
                {
                    Stranger();
                }

                Attach();
                break;
            case < 19:
                CloseHost();
                break;
            case < 21:
                KillAgent();
                break;
            case < 25:
                StartAgent();
                break;
            case < 27:
                Stranger();
                break;
            case < 31:
                Flip();
                break;
            case < 32:
                Abort();
                break;
            case < 33:
                FinishOne();
                break;
            case < 44:
                RandomHost()?.User?.Send(RandomSize());
                break;
            case < 56:
                _agent?.User?.Send(RandomSize());
                break;
            case < 64:
                _port.MoveToGuest(RandomSize());
                break;
            case < 72:
                _port.MoveToHost(RandomSize());
                break;
            case < 82:
                StepAgent(_random.Next(1, 10));
                break;
            case < 92:
                RandomHost()?.Step(_random.Next(1, 10));
                break;
            case < 96:
                ReceiveAll();
                break;
            default:
                Pass(TimeSpan.FromMilliseconds(_random.Next(10, 2500)));
                break;
        }
    }

    private void Attach()
    {
        var client = _hosts.Count < 2 ? _port.TryConnect() : null;
        if (client is not null)
        {
            Statistics.Attaches++;
            _hosts.Add(new HostProcess(client, _options, _clock, NextId, Record));
        }
    }

    private void KillHost()
    {
        if (RandomHost() is { } host)
        {
            host.Port.Kill();
            _hosts.Remove(host);
        }
    }

    private void CloseHost()
    {
        if (RandomHost() is { } host)
        {
            if (host.User is null)
            {
                Dispose(host.Channel);
            }
            else
            {
                Dispose(host.User.Session);
            }

            _hosts.Remove(host);
        }
    }

    private void StartAgent()
    {
        if (_agent is null && _port.TryOpen() is { } file)
        {
            _agent = new AgentProcess(file, _options, _clock, NextId);
        }
    }

    private void KillAgent()
    {
        if (_agent is null)
        {
            return;
        }

        if (_random.Next(3) == 0)
        {
            var stopped = _agent.Channel.ShutDownAsync();
            Debug.Assert(stopped.IsCompleted, "the simulation waits for nothing");
        }
        else
        {
            _agent.Port.Kill();
        }

        _agent = null;
    }

    /// <summary>Another program writes to the socket: noise, or frames of old sessions from anywhere to anywhere.</summary>
    private void Stranger()
    {
        if (_strangers.Count > 0 && _random.Next(2) == 0)
        {
            _strangers[0].Close();
            _strangers.RemoveAt(0);
            return;
        }

        if (_port.TryConnect() is not { } client)
        {
            return;
        }

        Statistics.Strangers++;
        _strangers.Add(client);
        Span<byte> garbage = new byte[RandomSize()];
        _random.NextBytes(garbage);
        if (_random.Next(4) > 0 && _recordedSizeBytes > 0)
        {
            var recorded = _recording.AsSpan(0, Math.Min(_recordedSizeBytes, RecordingSizeBytes));
            var old = recorded[_random.Next(recorded.Length)..];
            if (_random.Next(3) > 0 && old.IndexOf(FrameHeader.Magic) is >= 0 and var start)
            {
                // Whole frames from the first byte on: the best forgery there is.
                client.Write(old.Slice(start, Math.Min(garbage.Length, old.Length - start)));
                return;
            }

            old = old[..Math.Min(garbage.Length, old.Length)];
            old.CopyTo(garbage[(garbage.Length - old.Length)..]);
        }

        client.Write(garbage);
    }

    private void Flip()
    {
        // Most bytes are payload, but headers are where a wrong byte does most harm.
        var pattern = _random.Next(3) > 0 ? FrameHeader.Magic : default;
        if (_port.Flip(_random.Next(2) == 0, _random.Next(100_000), (byte)(1 << _random.Next(8)), pattern, _random.Next(FrameHeader.SizeBytes)))
        {
            Statistics.Flips++;
        }
    }

    private void Abort()
    {
        var user = _random.Next(2) == 0 ? _agent?.User : RandomHost()?.User;
        user?.Session.Abort();
    }

    private void FinishOne()
    {
        var user = _random.Next(2) == 0 ? _agent?.User : RandomHost()?.User;
        user?.Finish();
    }

    private void StepAgent(int reads)
    {
        _agent?.Step(reads);
        _agent?.Accept();
    }

    private bool ReceiveAll()
    {
        var any = _agent?.User?.Receive() ?? false;
        foreach (var host in _hosts)
        {
            any |= host.User?.Receive() ?? false;
        }

        return any;
    }

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        foreach (var host in _hosts)
        {
            host.Step(0);
        }
    }

    /// <summary>Lets everything come to rest without doing anything new.</summary>
    private void Settle(TimeSpan time)
    {
        var until = _clock.Now + time;
        while (true)
        {
            var moved = 0;
            do
            {
                moved = _port.MoveToGuest(int.MaxValue) + _port.MoveToHost(int.MaxValue);
                StepAgent(int.MaxValue);
                foreach (var host in _hosts)
                {
                    host.Step(int.MaxValue);
                }
            }
            while (ReceiveAll() || moved > 0);

            _hosts.RemoveAll(static host => host.IsOver);
            if (_clock.Now >= until)
            {
                return;
            }

            Pass(TimeSpan.FromMilliseconds(50));
        }
    }

    private void CheckSurvivors()
    {
        var guest = _agent?.User;
        var deluded = _agent is null ? null : _hosts.Find(candidate => candidate.User is { IsUp: true } user && (guest is not { IsUp: true } || user.Session.Id != guest.Session.Id));
        if (deluded is not null)
        {
            throw new SimulationFailedException($"the host was not told that session {deluded.User!.Session.Id} is over");
        }

        var host = _hosts.Find(candidate => candidate.User is { IsUp: true } user && user.Session.Id == guest?.Session.Id)?.User;
        if (guest is not { IsUp: true } || host is null)
        {
            return;
        }

        Statistics.Survivors++;
        Statistics.SurvivorBytes += host.Received + guest.Received;
        if (guest.Received != host.Sent || host.Received != guest.Sent)
        {
            throw new SimulationFailedException(
                $"session {guest.Session.Id} is up on both sides, but {guest.Received} of {host.Sent} bytes have reached the guest and {host.Received} of {guest.Sent} the host");
        }
    }

    private void CheckAttachesAgain()
    {
        foreach (var stranger in _strangers)
        {
            stranger.Close();
        }

        while (_hosts.Count > 0)
        {
            if (_random.Next(2) == 0)
            {
                KillHost();
            }
            else
            {
                CloseHost();
            }
        }

        StartAgent();
        Attach();
        var host = _hosts[0];
        var deadline = _clock.Now + MaxAttachTime;
        while (host.User is null || _agent!.User?.Session.Id != host.User.Session.Id)
        {
            if (_clock.Now > deadline || host.IsOver)
            {
                throw new SimulationFailedException($"the pair did not attach again within {MaxAttachTime.TotalSeconds} s");
            }

            Settle(TimeSpan.FromMilliseconds(50));
        }

        var started = deadline - MaxAttachTime;
        Statistics.LongestAttach = _clock.Now - started > Statistics.LongestAttach ? _clock.Now - started : Statistics.LongestAttach;
        var guest = _agent!.User!;
        host.User.Send(36_000);
        guest.Send(36_000);
        Settle(TimeSpan.FromMilliseconds(50));
        if (guest.Received != host.User.Sent || host.User.Received != guest.Sent || !guest.IsUp || !host.User.IsUp)
        {
            throw new SimulationFailedException(
                $"of a last session {guest.Received} of {host.User.Sent} bytes have reached the guest and {host.User.Received} of {guest.Sent} the host");
        }
    }

    private HostProcess? RandomHost()
    {
        _hosts.RemoveAll(static host => host.IsOver && host.User is null);
        return _hosts.Count == 0 ? null : _hosts[_random.Next(_hosts.Count)];
    }

    private int RandomSize() => _random.Next(10) switch
    {
        < 6 => _random.Next(1, 200),
        < 9 => _random.Next(200, 6000),
        _ => _random.Next(6000, 60_000),
    };

    private SessionId NextId() => new((ulong)_random.NextInt64() | 1, (ulong)_random.NextInt64());

    private void Record(ReadOnlySpan<byte> bytes)
    {
        var at = _recordedSizeBytes % RecordingSizeBytes;
        bytes = bytes[..Math.Min(bytes.Length, RecordingSizeBytes - at)];
        bytes.CopyTo(_recording.AsSpan(at));
        _recordedSizeBytes += bytes.Length;
    }

    private static void Dispose(IAsyncDisposable disposable)
    {
        var disposed = disposable.DisposeAsync();
        Debug.Assert(disposed.IsCompleted, "the simulation waits for nothing");
        disposed.GetAwaiter().GetResult();
    }
}
