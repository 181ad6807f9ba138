using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace GuestTune.Grpc.Tests.Servers;

/// <summary>gRPC by hand, to send and answer what no gRPC library would.</summary>
internal static class RawGrpc
{
    public const string UnaryPath = "/grpc.testing.TestService/UnaryCall";

    /// <summary>A message behind its header; flag and length can lie.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static async Task<RawResponse> PostAsync(
        Uri server, string path, byte[] body, string? contentType = "application/grpc", Version? version = null, params IEnumerable<(string Name, string Value)> headers)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path))
        {
            Version = version ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        if (contentType is not null)
        {
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        request.Headers.TryAddWithoutValidation("TE", "trailers");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var responseBody = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new RawResponse(response.StatusCode, responseBody, ToDictionary(response.Headers), ToDictionary(response.TrailingHeaders));
    }

    private static Dictionary<string, string> ToDictionary(HttpHeaders headers) => headers.NonValidated.ToDictionary(
        header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
}
