using GuestTune.Practices;
using GuestTune.Practices.Files;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Policy;

/// <summary>The policy as agent.conf has it now: an edit counts within a second, without a restart.</summary>
internal sealed class PolicySource
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly RootedFileSystem _files;
    private readonly string _path;
    private readonly IReadOnlyList<string> _practices;
    private readonly TimeProvider _time;
    private readonly ILogger<PolicySource> _logger;
    private readonly Lock _lock = new();
    private AgentPolicy _policy;
    private (DateTime WrittenAt, long Length) _stamp;
    private long _checkedAt;

    public PolicySource(RootedFileSystem files, AgentOptions options, IEnumerable<IPractice> practices, TimeProvider time, ILogger<PolicySource> logger)
    {
        _files = files;
        _path = options.ConfigPath;
        _practices = [.. practices.Select(static p => p.Id)];
        _time = time;
        _logger = logger;
        _checkedAt = time.GetTimestamp();
        _stamp = ReadStamp();
        _policy = Load();
    }

    public AgentPolicy Current
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetElapsedTime(_checkedAt) >= CheckInterval)
                {
                    _checkedAt = _time.GetTimestamp();
                    var stamp = ReadStamp();

                    // A policy with mistakes is read again in any case: chmod mends one without touching the stamp.
                    if (stamp != _stamp || _policy.Mistakes.Count > 0)
                    {
                        _stamp = stamp;
                        _policy = Load();
                    }
                }

                return _policy;
            }
        }
    }

    private AgentPolicy Load()
    {
        var policy = Read();
        if (policy.Problem is { } problem && !string.Equals(problem, _policy?.Problem, StringComparison.Ordinal))
        {
            _logger.PolicyBroken(problem);
        }
        else if (policy.Problem is null)
        {
            _logger.PolicyLoaded(_path, Refused(policy));
        }

        return policy;
    }

    private AgentPolicy Read()
    {
        var reading = _files.ReadText(_path);
        var policy = reading.IsMissing ? AgentPolicy.AllowAll with { ConfigurationPath = _path }
            : reading.Text is { } text ? PolicyParser.Parse(_path, text, _practices)
            : new AgentPolicy { ConfigurationPath = _path, Mistakes = [$"it {reading.Problem}"] };

        // Of a missing file, too: whoever may write its directory may have taken it away.
        return TrustedFile.WhyNotTrusted(_files, _path) is { } reason ? policy with { Mistakes = [reason, .. policy.Mistakes] } : policy;
    }

    private static string Refused(AgentPolicy policy)
    {
        var refused = string.Join(", ", AgentRpc.All.Where(rpc => policy.WhyRefused(rpc) is not null));
        return refused.Length == 0 ? "nothing" : refused;
    }

    private (DateTime WrittenAt, long Length) ReadStamp()
    {
        try
        {
            var file = new FileInfo(_files.Resolve(_path));
            return file.Exists ? (file.LastWriteTimeUtc, file.Length) : (default, -1);
        }
        catch (IOException)
        {
            return (default, -2);
        }
    }
}
