namespace GuestTune.Controller.QemuGa;

/// <summary>qemu-ga could not be asked, or its answer is none; the message is for the user.</summary>
internal sealed class QemuGaException : Exception
{
    public QemuGaException()
    {
    }

    public QemuGaException(string message)
        : base(message)
    {
    }

    public QemuGaException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
