using System.Net;

namespace GuestTune.Grpc.Tests.Servers;

/// <summary>A response with its trailers, which are in the headers when there are no messages.</summary>
internal sealed record RawResponse(
    HttpStatusCode HttpStatus,
    byte[] Body,
    IReadOnlyDictionary<string, string> Headers,
    IReadOnlyDictionary<string, string> Trailers)
{
    public string? GrpcStatus => Find("grpc-status");

    public string? Find(string name) => Trailers.GetValueOrDefault(name) ?? Headers.GetValueOrDefault(name);
}
