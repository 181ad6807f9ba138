namespace GuestTune.Controller.Libvirt;

/// <summary>An error that libvirt reported, with its own code (VIR_ERR_*) and words.</summary>
internal sealed class LibvirtException : Exception
{
    public LibvirtException()
    {
    }

    public LibvirtException(string message)
        : base(message)
    {
    }

    public LibvirtException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public LibvirtException(int code, string message)
        : base(message) => Code = code;

    public int Code { get; }
}
