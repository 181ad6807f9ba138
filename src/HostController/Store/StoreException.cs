namespace GuestTune.Controller.Store;

/// <summary>Thrown where what the controller remembers cannot be read or written; the message says where, why and what to do.</summary>
internal sealed class StoreException : IOException
{
    public StoreException()
    {
    }

    public StoreException(string message)
        : base(message)
    {
    }

    public StoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
