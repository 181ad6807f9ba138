using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Logs in to a libvirt over the network, as any client would.</summary>
internal static class Login
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    public static (LoginOutcome Outcome, string Reason) Try(LoginAttempt attempt)
    {
        var directory = Directory.CreateTempSubdirectory("guesttune-login-");
        try
        {
            var uri = attempt.Uri;
            if (attempt.Certificates is { } certificates)
            {
                // What names the certificate has is looked at elsewhere: here it is about who is let in.
                File.CreateSymbolicLink(Path.Combine(directory.FullName, "cacert.pem"), certificates.Authority);
                File.CreateSymbolicLink(Path.Combine(directory.FullName, "clientcert.pem"), certificates.Certificate);
                File.CreateSymbolicLink(Path.Combine(directory.FullName, "clientkey.pem"), certificates.Key);
                uri += $"?no_verify=1&pkipath={directory.FullName}";
            }

            // Also without credentials: the caller's own file must not help.
            var file = Path.Combine(directory.FullName, "auth.conf");
            File.WriteAllText(file, attempt.User is null ? "" : $"[credentials-one]\nauthname={attempt.User}\npassword={attempt.Password}\n[auth-libvirt-{new Uri(attempt.Uri).Host}]\ncredentials=one\n");
            uri += $"{(attempt.Certificates is null ? '?' : '&')}authfile={file}";
            var open = Task.Run(() => LibvirtConnection.Open(uri, LibvirtAccess.Write).Dispose());
            return open.Wait(TimeLimit) ? (LoginOutcome.Accepted, "it was let in") : (LoginOutcome.Unreachable, $"it gave no answer within {TimeLimit.TotalSeconds:0} s");
        }
        catch (AggregateException e) when (e.InnerException is LibvirtException refusal)
        {
            // Whoever came with a user and was not asked with it has tried nothing.
            return (refusal.Code == LibvirtErrorCode.AuthenticationFailed && (attempt.User is null || !refusal.LacksCredentials) ? LoginOutcome.Refused : LoginOutcome.Unreachable, refusal.Message);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
