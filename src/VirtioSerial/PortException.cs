namespace GuestTune.VirtioSerial;

/// <summary>The guest's port cannot be opened or has failed; the message names the device and what to do.</summary>
public sealed class PortException : IOException
{
    public PortException()
    {
    }

    public PortException(string message)
        : base(message)
    {
    }

    public PortException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal PortException(string message, int errno)
        : base(message) => Errno = errno;

    /// <summary>The error number of the system call that failed, or 0.</summary>
    public int Errno { get; }
}
