using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>What is wrong with the certificates that libvirt serves TLS with, found before a daemon refuses to start or clients refuse it.</summary>
internal sealed class LibvirtCertificates(RootedFileSystem files, AuthFiles configuration, TimeProvider time)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const UnixFileMode OthersRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    private static readonly TimeSpan SoonTime = TimeSpan.FromDays(30);

    /// <summary>As configured, else where libvirt looks for them.</summary>
    /// <exception cref="IOException">The configuration cannot be read.</exception>
    public static CertificatePaths Paths(AuthFiles configuration) => new(
        configuration.ReadPlain("ca_file") ?? "/etc/pki/CA/cacert.pem",
        configuration.ReadPlain("cert_file") ?? "/etc/pki/libvirt/servercert.pem",
        configuration.ReadPlain("key_file") ?? "/etc/pki/libvirt/private/serverkey.pem");

    /// <param name="facts">Gets who they are of, and until when they hold.</param>
    /// <param name="warnings">Gets what is not wrong yet, or only for some clients.</param>
    /// <returns>What keeps TLS from working or from being safe.</returns>
    /// <exception cref="IOException">The configuration cannot be read.</exception>
    public IReadOnlyList<string> Check(List<Fact> facts, List<string> warnings)
    {
        var (problems, paths) = (new List<string>(), Paths(configuration));
        using var authority = Load(paths.Authority, "ca certificate", facts, problems);
        using var server = Load(paths.Certificate, "server certificate", facts, problems);
        if (!files.FileExists(paths.Key))
        {
            problems.Add($"{paths.Key}: no such file");
        }
        else if ((File.GetUnixFileMode(files.Resolve(paths.Key)) & OthersRead) is not UnixFileMode.None and var mode)
        {
            problems.Add($"{paths.Key} is a private key that others can read or change ({mode}): chmod 0600 {paths.Key}");
        }

        if (authority is not null)
        {
            CheckDates(authority, paths.Authority, problems, warnings);
        }

        if (server is not null)
        {
            CheckDates(server, paths.Certificate, problems, warnings);
            CheckNames(server, paths.Certificate, warnings);
            CheckKey(server, paths, problems);
        }

        if (authority is not null && server is not null && !IsSigned(server, authority))
        {
            problems.Add($"{paths.Certificate} is not signed by {paths.Authority}");
        }

        return problems;
    }

    private X509Certificate2? Load(string path, string name, List<Fact> facts, List<string> problems)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPem(files.ReadText(path) is { Text: { } text } reading ? text : throw new IOException(files.ReadText(path).Problem));
            facts.Add(new Fact(name, Scope.Context, $"{certificate.Subject}, until {certificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}", path));
            return certificate;
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            facts.Add(new Fact(name, Scope.Context, null, path, e.Message));
            problems.Add($"{path}: {e.Message}");
            return null;
        }
    }

    private void CheckDates(X509Certificate2 certificate, string path, List<string> problems, List<string> warnings)
    {
        var now = time.GetUtcNow();
        var (from, until) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        if (now < from)
        {
            problems.Add($"{path} is valid from {from:yyyy-MM-dd HH:mm} UTC only");
        }
        else if (now > until)
        {
            problems.Add($"{path} has expired on {until:yyyy-MM-dd HH:mm} UTC");
        }
        else if (until - now < SoonTime)
        {
            warnings.Add($"{path} expires on {until:yyyy-MM-dd}");
        }
    }

    /// <summary>
    /// Clients hold the name in their URI against these. A host that only knows its short name (hostname and hostname -f differ) is reached by a full one of that beginning, too; which one is for resolvers to say.
    /// </summary>
    private void CheckNames(X509Certificate2 certificate, string path, List<string> warnings)
    {
        string[] names = certificate.Extensions[SubjectAlternativeName] is X509SubjectAlternativeNameExtension alternative
            ? [.. alternative.EnumerateDnsNames(), .. alternative.EnumerateIPAddresses().Select(static a => a.ToString())]
            : [certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)];
        if (files.ReadText("/proc/sys/kernel/hostname").Value is { Length: > 0 } host
            && !certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: true)
            && (host.Contains('.', StringComparison.Ordinal) || !names.Any(n => n.StartsWith(host + ".", StringComparison.OrdinalIgnoreCase) || n.StartsWith("*.", StringComparison.Ordinal))))
        {
            warnings.Add($"{path} is for {(names.Length == 0 ? "no host" : string.Join(", ", names))}, not for {host}, which is this host's name: {(names.Length == 0 ? "no client will take it" : "clients must use a name of the certificate in their URI")}");
        }
    }

    private void CheckKey(X509Certificate2 certificate, CertificatePaths paths, List<string> problems)
    {
        if (files.ReadText(paths.Key).Text is not { } key)
        {
            return;
        }

        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            problems.Add($"{paths.Key} is not the key of {paths.Certificate}: {e.Message}");
        }
    }

    private bool IsSigned(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationTime = time.GetUtcNow().UtcDateTime } };
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.AllowUnknownCertificateAuthority;
        return chain.Build(certificate) && chain.ChainElements.Count > 1;
    }
}
