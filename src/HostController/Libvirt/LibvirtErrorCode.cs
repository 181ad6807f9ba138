namespace GuestTune.Controller.Libvirt;

/// <summary>The virErrorNumber values that something here depends on (virterror.h); an error may have any other.</summary>
internal enum LibvirtErrorCode
{
    /// <summary>Not from libvirt, or without a code.</summary>
    None = 0,

    /// <summary>VIR_ERR_NO_SUPPORT: the driver has no such call.</summary>
    NoSupport = 3,

    /// <summary>VIR_ERR_OPERATION_FAILED: of virDomainOpenChannel, that another stream has the channel (qemu_driver.c).</summary>
    OperationFailed = 9,

    /// <summary>VIR_ERR_OPERATION_DENIED: the connection may only read.</summary>
    OperationDenied = 29,

    /// <summary>VIR_ERR_SYSTEM_ERROR: of an open, that nobody listens there.</summary>
    SystemError = 38,

    /// <summary>VIR_ERR_RPC: of XML, that it is larger than libvirt's protocol takes (4 MiB, REMOTE_STRING_MAX).</summary>
    Rpc = 39,

    /// <summary>VIR_ERR_NO_DOMAIN.</summary>
    NoDomain = 42,

    /// <summary>VIR_ERR_AUTH_FAILED.</summary>
    AuthenticationFailed = 45,
}
