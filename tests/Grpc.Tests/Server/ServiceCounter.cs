namespace GuestTune.Grpc.Tests.Server;

/// <summary>Counts service objects.</summary>
internal sealed class ServiceCounter
{
    public int Made { get; set; }

    public int Disposed { get; set; }
}
