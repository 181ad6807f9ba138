namespace GuestTune.Controller.Libvirt;

/// <summary>libvirt refused, or could not be asked: with its own code and words where it had any.</summary>
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

    public LibvirtException(LibvirtErrorCode code, int domain, string message)
        : base(message)
    {
        Code = code;
        Domain = domain;
    }

    /// <summary>VIR_ERR_*.</summary>
    public LibvirtErrorCode Code { get; }

    /// <summary>VIR_FROM_*: the part of libvirt that it comes from.</summary>
    public int Domain { get; }

    /// <summary>The other side asked for credentials, and there are none for it here.</summary>
    public bool LacksCredentials { get; init; }

    /// <summary>The time limit passed, and it may answer yet, and do what it was asked; or a daemon that went away did not come back.</summary>
    public bool IsUnanswered { get; init; }

    /// <summary>The daemon went away in the middle: whether it did what it was asked is not known.</summary>
    public bool IsConnectionLost { get; init; }

    /// <summary>What it did is to be found out, once it can be asked again.</summary>
    public bool IsUncertain => IsConnectionLost || IsUnanswered;
}
