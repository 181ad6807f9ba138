using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GuestTune.PrivateLibvirts;

/// <summary>A CA, and what it has signed for a server and a client, as files of the names that libvirt looks for (<c>pkipath</c> of a URI).</summary>
public static class TestCertificates
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <param name="name">Of the server.</param>
    /// <param name="until">Of the server's.</param>
    /// <param name="address">Of the server; 127.0.0.1 where it is not given.</param>
    public static void Write(string directory, string name = "localhost", DateTimeOffset? until = null, IPAddress? address = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Test CA", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = request.CreateSelfSigned(now.AddDays(-100), now.AddDays(100));
        File.WriteAllText(Path.Combine(directory, "cacert.pem"), authority.ExportCertificatePem());
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(address ?? IPAddress.Loopback);
        Sign("server", name, ServerAuthentication, until ?? now.AddDays(90), names.Build());
        Sign("client", "Test client", ClientAuthentication, now.AddDays(90));

        void Sign(string role, string subject, string usage, DateTimeOffset end, params X509Extension[] extensions)
        {
            using var ownKey = RSA.Create(2048);
            var own = new CertificateRequest($"CN={subject}", ownKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            own.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
            own.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
            own.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
            foreach (var extension in extensions)
            {
                own.CertificateExtensions.Add(extension);
            }

            using var certificate = own.Create(authority, now.AddDays(-90), end, RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(Path.Combine(directory, $"{role}cert.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(directory, $"{role}key.pem"), ownKey.ExportPkcs8PrivateKeyPem());
            File.SetUnixFileMode(Path.Combine(directory, $"{role}key.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
