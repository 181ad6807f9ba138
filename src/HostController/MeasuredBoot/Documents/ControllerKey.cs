using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GuestTune.Controller.Serving;
using GuestTune.Controller.Store;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>The key by which this controller signs documents: ECDSA P-256, made at its first use, in a file for the controller's user alone.</summary>
internal sealed class ControllerKey : IDisposable
{
    private readonly ECDsa _key;

    private ControllerKey(ECDsa key)
    {
        _key = key;
        Public = VerificationKey.Of(key);
    }

    public VerificationKey Public { get; }

    /// <exception cref="StoreException">It can neither be read nor made.</exception>
    public static ControllerKey Open(StoreFiles files)
    {
        files.Prepare();
        var path = files.SigningKeyPath;
        try
        {
            if (!File.Exists(path))
            {
                Create(path);
            }

            StoreFiles.ExpectPrivate(path);
            return new ControllerKey(Import(File.ReadAllText(path)));
        }
        catch (Exception e) when (e is IOException and not StoreException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StoreException($"the controller's signing key {path} cannot be used: {e.Message}; put it back from a backup, or move it away to begin with a new one", e);
        }
    }

    /// <returns>r and s, 32 bytes each.</returns>
    public byte[] Sign(byte[] data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();

    private static ECDsa Import(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    // Written aside and linked into place: nobody ever sees a part of a key, and of two controllers that make one at once, one wins.
    private static void Create(string path)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = StoreFiles.OwnFile }))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
                file.Flush(flushToDisk: true);
            }

            // Where another controller was first, the name is taken; File.Move would look first and then replace it.
            if (Libc.Link(temporary, path) != 0 && Marshal.GetLastPInvokeError() is var errno and not Libc.Exists)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(errno));
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
