namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Takes a command to a TPM and brings its response back, one at a time.</summary>
public interface ITpmTransport
{
    /// <returns>The whole response, header included.</returns>
    /// <exception cref="IOException">There was no response; the message says why.</exception>
    byte[] Execute(ReadOnlySpan<byte> command);
}
