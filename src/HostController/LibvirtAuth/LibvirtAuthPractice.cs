using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>
/// Who may call libvirt over the network: users and passwords through SASL, with SCRAM-SHA-256 over TLS, or, where it is
/// asked for by name, with DIGEST-MD5 over TCP. Proven by logging in.
/// </summary>
internal sealed class LibvirtAuthPractice(
    RootedFileSystem files,
    ILibvirtControl control,
    ICommandRunner commands,
    TimeProvider time,
    Func<LoginAttempt, (LoginOutcome Outcome, string Reason)>? tryLogin = null) : IPractice
{
    public const string PracticeId = "libvirt-auth";

    /// <summary>In the words of libvirt's own /etc/sasl2/libvirt.conf.</summary>
    private const string DigestWarning =
        "DIGEST-MD5: \"Per RFC 6331 this is vulnerable to many serious security flaws and should no longer be used.\" (libvirt's own sasl2/libvirt.conf); scram-sha-256 over TLS is what is safe today";

    private AuthParts? _parts;

    public string Id => PracticeId;

    public PracticeSupport CheckSupport() => control.Find(out var problem) is null ? new PracticeSupport(Id, false, problem) : new PracticeSupport(Id, true, null);

    /// <summary>The users of the database that libvirt is configured to use.</summary>
    /// <exception cref="PracticeException">There is no libvirt, or its configuration cannot be read.</exception>
    public SaslUsers Users() => Guarded(() => OpenUsers(Parts().Files.ReadPlain(AuthFiles.Passwords) ?? SaslUsers.DefaultDatabase));

    public Observation Observe(IReadOnlyList<OwnedValue> owned)
    {
        if (control.Find(out var problem) is null)
        {
            return new Observation(Id, Verdict.NotApplicable, problem!, []);
        }

        var facts = new List<Fact>();
        try
        {
            var (verdict, reason) = new AuthObserver(Parts(), files, time, OpenUsers, owned).Judge(facts);
            return new Observation(Id, verdict, reason, facts);
        }
        catch (IOException e)
        {
            return new Observation(Id, Verdict.Failed, e.Message, facts);
        }
    }

    public Plan Plan(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return Guarded(() =>
        {
            var (parts, wanted) = (Parts(), AuthRequest.Of(desired));
            var warnings = new List<string>();
            var changes = PlanChanges(parts, wanted, warnings);
            if (wanted.Mechanism == AuthRequest.DigestMd5)
            {
                warnings.Add(DigestWarning);
            }

            if (wanted.Transport is not null && parts.Files.ReadPlain(AuthFiles.Mechanisms) is { } former && !string.Equals(former, wanted.Mechanism, StringComparison.OrdinalIgnoreCase))
            {
                warnings.Add($"who logs in with {former} today can do so no longer");
            }

            if (changes.Count > 0)
            {
                warnings.Add($"{parts.Service.Name} is restarted: its clients are cut off, domains go on");
            }

            return new Plan(Id, changes, warnings);
        });
    }

    public IReadOnlyList<Change> PlanChanges(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return Guarded(() => PlanChanges(Parts(), AuthRequest.Of(desired), []));
    }

    public IKnob OpenKnob(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var parts = Parts();
        var name = change.Item[(change.Item.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var isKnown = AuthWriter.IsUnit(name)
            ? Enum.GetValues<LibvirtTransport>().Any(t => string.Equals(name, parts.Service.SocketUnit(t), StringComparison.Ordinal))
            : AuthFiles.Keys.Contains(name, StringComparer.Ordinal) && string.Equals(parts.Files.Of(name)?.Path, change.Target, StringComparison.Ordinal);
        return isKnown ? new AuthKnob(name, parts.Writer)
            : throw PracticeException.Precondition($"'{change.Item}' ({change.Target}) is nothing that practice '{Id}' of this version knows of {parts.Service.Name}, which serves libvirt on this host now");
    }

    private List<Change> PlanChanges(AuthParts parts, AuthRequest wanted, List<string> warnings)
    {
        if (wanted.Transport is not null && OpenUsers(SaslUsers.DefaultDatabase).WhyNotAvailable is { } missing)
        {
            throw PracticeException.Precondition(missing);
        }

        if (wanted.Transport == LibvirtTransport.Tls && new LibvirtCertificates(files, parts.Files, time).Check([], warnings) is { Count: > 0 } problems)
        {
            throw PracticeException.Precondition($"TLS cannot be switched on: {string.Join("; ", problems)}. https://libvirt.org/kbase/tlscerts.html says how certificates are made");
        }

        var changes = new List<Change>();
        foreach (var (name, value) in wanted.Values(parts.Files, parts.Service))
        {
            var isUnit = AuthWriter.IsUnit(name);
            var target = isUnit ? $"/etc/systemd/system/sockets.target.wants/{name}" : parts.Files.Of(name)!.Value.Path;
            var knob = new AuthKnob(name, parts.Writer);
            var now = knob.Read();
            if (now.Problem is not null)
            {
                throw PracticeException.Precondition(now.Problem);
            }

            if (!knob.AreEqual(now.Value ?? AuthRequest.DefaultOf(name), value))
            {
                changes.Add(new Change($"{(isUnit ? "systemd" : Path.GetFileName(target))}:{name}", target, now.Value, value, TakesEffect.Now));
            }
        }

        return changes;
    }

    /// <summary>The same ones as long as the daemon is the same: changes are written together where they have the same writer.</summary>
    private AuthParts Parts()
    {
        var service = control.Find(out var problem) ?? throw PracticeException.Precondition("not applicable: " + problem);
        if (_parts?.Service != service)
        {
            var configuration = new AuthFiles(files, service);
            var trial = new LoginTrial(configuration, service, control, OpenUsers, tryLogin ?? Login.Try);
            _parts = new AuthParts(service, configuration, trial, new AuthWriter(configuration, service, control, trial));
        }

        return _parts;
    }

    private SaslUsers OpenUsers(string database) => new(files, commands, database);

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, e.Message, e);
        }
    }
}
