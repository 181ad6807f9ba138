namespace GuestTune.Controller.Inventory;

/// <summary>Thrown where a source of VMs cannot be asked.</summary>
internal sealed class VmSourceException : Exception
{
    public VmSourceException()
    {
    }

    public VmSourceException(string message)
        : base(message)
    {
    }

    public VmSourceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
