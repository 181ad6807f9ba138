using System.Security.Cryptography;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Tries whether libvirt lets in who it should and nobody else, over the network, as it is configured now.</summary>
internal sealed class LoginTrial(AuthFiles files, LibvirtService service, ILibvirtControl control, Func<string, SaslUsers> openUsers, Func<LoginAttempt, (LoginOutcome Outcome, string Reason)> tryLogin)
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    /// <summary>How libvirt listens, as configured; the transports that are on.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public IReadOnlyList<LibvirtTransport> Transports() => [.. new[] { LibvirtTransport.Tcp, LibvirtTransport.Tls }.Where(IsOn)];

    /// <summary>For a change: all three ways to log in, on every transport that asks for a password. One that does not is there after an undo only, as it was.</summary>
    /// <exception cref="IOException">One of them did not end as it must, or a file cannot be read.</exception>
    public void Check()
    {
        foreach (var transport in Transports().Where(IsSasl))
        {
            WaitForPort(transport);
            CheckRefusals(transport);
            if (files.ReadPlain("sasl_allowed_username_list") is null)
            {
                CheckRightPassword(transport);
            }
        }
    }

    /// <summary>No credentials, and a wrong password; changes nothing.</summary>
    /// <exception cref="LoginException">One of them did not end as it must.</exception>
    public void CheckRefusals(LibvirtTransport transport)
    {
        Expect(LoginOutcome.Refused, "without credentials", Attempt(transport, null, null));
        Expect(LoginOutcome.Refused, "with a wrong password", Attempt(transport, "guesttune-nobody", NewPassword()));
    }

    public bool IsSasl(LibvirtTransport transport) => transport == LibvirtTransport.Tls
        ? files.ReadPlain(AuthFiles.AuthTls) is "sasl"
        : files.ReadPlain(AuthFiles.AuthTcp) is "sasl" or null;

    public string Uri(LibvirtTransport transport)
    {
        var isTls = transport == LibvirtTransport.Tls;
        var address = service.IsSocketActivated ? null : files.ReadPlain(AuthFiles.Address);
        var port = service.IsSocketActivated ? null : files.ReadPlain(isTls ? AuthFiles.TlsPort : AuthFiles.TcpPort);
        if (address is null or "0.0.0.0" or "::")
        {
            address = "127.0.0.1";
        }

        return $"qemu+{(isTls ? "tls" : "tcp")}://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{port ?? (isTls ? "16514" : "16509")}/system";
    }

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private void Expect(LoginOutcome expected, string how, LoginAttempt attempt)
    {
        var (uri, found) = (attempt.Uri, tryLogin(attempt));
        if (found.Outcome != expected)
        {
            throw new LoginException(found.Outcome, found.Outcome switch
            {
                LoginOutcome.Accepted => $"{uri} lets in who comes {how}",
                LoginOutcome.Refused => $"{uri} refuses who comes {how}: {found.Reason}",
                _ => $"{uri} cannot be tried {how}: {found.Reason}",
            });
        }
    }

    private bool IsOn(LibvirtTransport transport)
    {
        if (service.IsSocketActivated)
        {
            return control.IsUnitOn(service.SocketUnit(transport));
        }

        // libvirtd opens ports only with --listen; TLS is on unless it is switched off.
        var mayListen = service.ArgumentsFile is null || ListenArgument.IsIn(files.Read(AuthFiles.Arguments));
        return mayListen && (transport == LibvirtTransport.Tls ? files.ReadPlain(AuthFiles.ListenTls) is not "0" : files.ReadPlain(AuthFiles.ListenTcp) is "1");
    }

    /// <summary>A user of a moment's own, so that nobody's password need be known.</summary>
    private void CheckRightPassword(LibvirtTransport transport)
    {
        var users = openUsers(files.ReadPlain(AuthFiles.Passwords) ?? SaslUsers.DefaultDatabase);
        var (user, password) = ("guesttune-trial-" + NewPassword()[..8], NewPassword());
        users.Add(user, password, replace: false);
        try
        {
            Expect(LoginOutcome.Accepted, "with the right password", Attempt(transport, user, password));
            Expect(LoginOutcome.Refused, "with the right user and a wrong password", Attempt(transport, user, NewPassword()));
        }
        finally
        {
            users.Remove(user);
        }
    }

    /// <summary>With the server's own certificate: any that its CA has signed will do to be asked who one is.</summary>
    private LoginAttempt Attempt(LibvirtTransport transport, string? user, string? password) =>
        new(Uri(transport), user, password, transport == LibvirtTransport.Tls ? LibvirtCertificates.Paths(files) : null);

    /// <summary>A daemon that has just been started may open its ports a moment after it says that it runs.</summary>
    private void WaitForPort(LibvirtTransport transport)
    {
        var (attempt, begun) = (Attempt(transport, null, null), TimeProvider.System.GetTimestamp());
        while (tryLogin(attempt).Outcome == LoginOutcome.Unreachable && TimeProvider.System.GetElapsedTime(begun) < StartTime)
        {
            Thread.Sleep(TimeSpan.FromMilliseconds(100));
        }
    }
}
