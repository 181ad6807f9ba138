using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>
/// A TPM behind a character device of the kernel: one write is a command, which the driver has carried out when it returns, and one
/// read is the whole response (drivers/char/tpm/tpm-dev-common.c).
/// </summary>
internal sealed class TpmDevice(DeviceFile device, string path) : ITpmConnection
{
    /// <summary>TPM_BUFSIZE of drivers/char/tpm/tpm.h; no command or response is larger.</summary>
    private const int BufferSizeBytes = 4096;
    private const int HeaderSizeBytes = 10;
    private const int Interrupted = 4; // EINTR
    private const int Busy = 16; // EBUSY

    private readonly byte[] _buffer = new byte[BufferSizeBytes];

    public byte[] Execute(ReadOnlySpan<byte> command)
    {
        if (command.Length is < HeaderSizeBytes or > BufferSizeBytes)
        {
            throw new IOException($"a command has {command.Length} bytes; {path} takes {HeaderSizeBytes} to {BufferSizeBytes}");
        }

        Write(command);
        var count = Read();
        return count >= HeaderSizeBytes ? _buffer[..count] : throw new IOException($"{path} answered with {count} bytes; a response has at least {HeaderSizeBytes}");
    }

    public void Dispose() => device.Dispose();

    private void Write(ReadOnlySpan<byte> command)
    {
        int errno, count;
        while ((errno = device.Write(command, out count)) == Interrupted)
        {
        }

        if (errno == Busy)
        {
            throw new IOException($"{path} still has the answer to somebody else's command; try again");
        }

        if (errno != 0 || count != command.Length)
        {
            throw new IOException(errno != 0 ? $"{path} takes no command: {Text(errno)}" : $"{path} took {count} of a command's {command.Length} bytes");
        }
    }

    private int Read()
    {
        int errno, count;
        while ((errno = device.Read(_buffer, out count)) == Interrupted)
        {
        }

        return errno == 0 ? count : throw new IOException($"{path} gives no answer: {Text(errno)}");
    }

    private static string Text(int errno) => $"{System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
