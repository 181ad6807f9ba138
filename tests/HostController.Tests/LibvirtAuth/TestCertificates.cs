using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GuestTune.HostController.Tests.LibvirtAuth;

/// <summary>A CA, and a server's certificate that it has signed, as files that libvirt can be given.</summary>
internal static class TestCertificates
{
    public static void Write(string directory, string name = "localhost", DateTimeOffset? until = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = RSA.Create(2048);
        var authorityRequest = new CertificateRequest("CN=Test CA", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddDays(-100), now.AddDays(100));
        using var serverKey = RSA.Create(2048);
        var serverRequest = new CertificateRequest($"CN={name}", serverKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        serverRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        serverRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        serverRequest.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        serverRequest.CertificateExtensions.Add(names.Build());
        using var server = serverRequest.Create(authority, now.AddDays(-90), until ?? now.AddDays(90), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(directory, "cacert.pem"), authority.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "servercert.pem"), server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "serverkey.pem"), serverKey.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(Path.Combine(directory, "serverkey.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
