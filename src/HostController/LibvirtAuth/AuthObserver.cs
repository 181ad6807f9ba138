using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Reads how libvirt lets in who calls over the network, tries to get in without a right to, and sums it up, the worst news first.</summary>
internal sealed class AuthObserver(AuthParts parts, RootedFileSystem files, TimeProvider time, Func<string, SaslUsers> openUsers, IReadOnlyList<OwnedValue> owned)
{
    /// <param name="facts">Gets what was read and tried.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public (Verdict Verdict, string Reason) Judge(List<Fact> facts)
    {
        AddSettings(facts);
        var transports = parts.Trial.Transports();
        var users = openUsers(parts.Files.ReadPlain(AuthFiles.Passwords) ?? SaslUsers.DefaultDatabase);
        var names = AddUsers(users, facts);
        var failures = transports.SelectMany(t => Open(t)).ToList();
        if (users.WhyNotPrivate is { } readable)
        {
            failures.Add(readable);
        }

        var warnings = new List<string>();
        if (transports.Contains(LibvirtTransport.Tls))
        {
            failures.AddRange(new LibvirtCertificates(files, parts.Files, time).Check(facts, warnings));
        }

        if (failures.Count > 0)
        {
            return (Verdict.Failed, string.Join("; ", failures));
        }

        if (Drift() is { Length: > 0 } drift)
        {
            return (Verdict.Drifted, drift);
        }

        if (transports.Count == 0)
        {
            return (Verdict.Absent, $"{parts.Service.Name} takes no calls over the network");
        }

        if (!transports.Any(parts.Trial.IsSasl))
        {
            return (Verdict.Configured, "whoever has a certificate of the CA may call over TLS; nobody is asked for a user and a password");
        }

        var (verdict, reason) = Try(transports, facts);
        if (verdict == Verdict.Effective && names is 0)
        {
            (verdict, reason) = (Verdict.Configured, $"nobody can log in: there is no user in {users.Database}");
        }

        if (parts.Files.ReadPlain(AuthFiles.Mechanisms)?.Contains(AuthRequest.DigestMd5, StringComparison.OrdinalIgnoreCase) is true)
        {
            warnings.Add("digest-md5 should no longer be used (RFC 6331)");
        }

        return (verdict, string.Join("; ", [reason, .. warnings]));
    }

    private (Verdict Verdict, string Reason) Try(IReadOnlyList<LibvirtTransport> transports, List<Fact> facts)
    {
        foreach (var transport in transports.Where(parts.Trial.IsSasl))
        {
            var uri = parts.Trial.Uri(transport);
            try
            {
                parts.Trial.CheckRefusals(transport);
                facts.Add(new Fact("login", Scope.InForce, "no credentials and a wrong password are refused", uri));
            }
            catch (LoginException e)
            {
                facts.Add(new Fact("login", Scope.InForce, null, uri, e.Message));
                return (e.Outcome == LoginOutcome.Accepted ? Verdict.Failed : Verdict.Configured, e.Message);
            }
        }

        return (Verdict.Effective, $"{string.Join(" and ", transports.Select(parts.Trial.Uri))}: no credentials and a wrong password are refused");
    }

    /// <summary>Ways in that ask nobody who he is.</summary>
    private IEnumerable<string> Open(LibvirtTransport transport)
    {
        if (transport == LibvirtTransport.Tcp && !parts.Trial.IsSasl(transport))
        {
            yield return $"auth_tcp is {parts.Files.ReadPlain(AuthFiles.AuthTcp)}: whoever reaches {parts.Trial.Uri(transport)} may do everything";
        }

        if (transport == LibvirtTransport.Tls && !parts.Trial.IsSasl(transport) && parts.Files.ReadPlain("tls_no_verify_certificate") is "1")
        {
            yield return $"tls_no_verify_certificate is 1 and auth_tls is not sasl: whoever reaches {parts.Trial.Uri(transport)} may do everything";
        }
    }

    private void AddSettings(List<Fact> facts)
    {
        var service = parts.Service;
        facts.Add(new Fact("daemon", Scope.Context, service.Name + (service.IsSocketActivated ? ", systemd listens for it" : ""), service.ConfigurationFile));
        foreach (var key in AuthFiles.Keys.Where(k => parts.Files.Of(k) is not null))
        {
            var value = parts.Files.Read(key);
            facts.Add(new Fact(key, Scope.Persistent, value, parts.Files.Of(key)!.Value.Path, value is null ? "not set" : null));
        }

        foreach (var unit in service.IsSocketActivated ? Enum.GetValues<LibvirtTransport>().Select(service.SocketUnit) : [])
        {
            facts.Add(new Fact(unit, Scope.InForce, parts.Writer.Read(unit).Value, "systemctl is-active"));
        }
    }

    /// <returns>How many; null where that is not known.</returns>
    private static int? AddUsers(SaslUsers users, List<Fact> facts)
    {
        try
        {
            var names = users.List();
            facts.Add(new Fact("users", Scope.Context, names.Count == 0 ? null : string.Join(", ", names), users.Database, names.Count == 0 ? "none" : null));
            return names.Count;
        }
        catch (IOException e)
        {
            facts.Add(new Fact("users", Scope.Context, null, users.Database, e.Message));
            return null;
        }
    }

    private string Drift() => string.Join("; ", owned.Select(ours =>
    {
        var knob = new AuthKnob(ours.Item[(ours.Item.IndexOf(':', StringComparison.Ordinal) + 1)..], parts.Writer);
        var now = knob.Read().Value;
        return knob.AreEqual(now, ours.Value) ? null : $"{ours.Item} was set to {ours.Value ?? "nothing"} by operation {ours.OperationId} and is {now ?? "gone"} now";
    }).OfType<string>());
}
