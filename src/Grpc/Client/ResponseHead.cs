using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Internal.Wire;

namespace Grpc.Net.Client;

/// <summary>Reads the headers and the trailers of a response
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).</summary>
internal static class ResponseHead
{
    /// <summary>The status of a response that will have no messages; null where they may follow.</summary>
    public static Status? ReadStatus(HttpResponseMessage response, out bool areTrailersInHead)
    {
        // A status in the headers counts more than whatever else is wrong with the response.
        var status = ReadStatus(response.Headers);
        areTrailersInHead = status is not null;
        if (status is not null)
        {
            return status;
        }

        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(
                HttpErrors.ToStatusCode(response.StatusCode),
                string.Create(CultureInfo.InvariantCulture, $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}"));
        }

        var contentType = First(response.Content.Headers, "Content-Type");
        if (contentType is null)
        {
            return new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header.");
        }

        return GrpcHeaders.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Cancelled, "Bad gRPC response. Invalid content-type value: " + contentType);
    }

    public static Status ReadTrailers(HttpResponseMessage response) =>
        ReadStatus(response.TrailingHeaders) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response.");

    public static string ReadEncoding(HttpResponseMessage response) => First(response.Headers, GrpcHeaders.Encoding) ?? GrpcHeaders.Identity;

    /// <summary>Headers that are not the protocol's own.</summary>
    /// <exception cref="FormatException">A binary header is not base64.</exception>
    public static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (IsHttpOwn(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (Metadata.Entry.HasBinarySuffix(name))
                {
                    BinaryHeader.AddTo(metadata, name, value);
                }
                else
                {
                    metadata.Add(name, value);
                }
            }
        }

        return metadata;
    }

    private static Status? ReadStatus(HttpHeaders headers)
    {
        if (First(headers, GrpcHeaders.Status) is not { } text)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return new Status(StatusCode.Cancelled, "Unexpected grpc-status value: " + text);
        }

        return new Status((StatusCode)code, PercentEncoding.Decode(First(headers, GrpcHeaders.Message) ?? string.Empty));
    }

    private static string? First(HttpHeaders headers, string name)
    {
        // Not validated: parsing headers is slow, and not safe from two threads.
        if (!headers.NonValidated.TryGetValues(name, out var values))
        {
            return null;
        }

        foreach (var value in values)
        {
            return value;
        }

        return null;
    }

    private static bool IsHttpOwn(string name) =>
        name.Length == 0
        || name[0] == ':'
        || Is(name, GrpcHeaders.Status)
        || Is(name, GrpcHeaders.Message)
        || Is(name, GrpcHeaders.Encoding)
        || Is(name, GrpcHeaders.AcceptEncoding)
        || Is(name, "content-encoding")
        || Is(name, "content-type");

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);
}
