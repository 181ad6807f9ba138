using Grpc.Core;
using Grpc.Internal.Wire;

namespace Grpc.Net.Client;

/// <summary>Makes the headers of a request
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests).</summary>
internal static class RequestHead
{
    // "grpc-" language "-" variant "/" version, as the specification's User-Agent.
    private static readonly string UserAgent =
        "grpc-dotnet-guesttune/" + (typeof(RequestHead).Assembly.GetName().Version ?? new Version(0, 0)).ToString(3);

    public static HttpRequestMessage Create(ClientCall call, IMethod method, HttpContent content, out TimeSpan? timeout)
    {
        var channel = call.Channel;
        var request = new HttpRequestMessage(HttpMethod.Post, channel.GetUri(method))
        {
            Version = channel.HttpVersion,
            VersionPolicy = channel.HttpVersionPolicy,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, channel.AcceptEncoding);
        Add(request, call.Options.Headers);

        timeout = null;
        if (call.Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            var remaining = deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
            timeout = remaining < GrpcHeaders.MaxTimeout ? remaining : GrpcHeaders.MaxTimeout;
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, TimeoutHeader.Format(timeout.Value));
        }

        return request;
    }

    public static async Task AddCredentialsAsync(ClientCall call, IMethod method, HttpRequestMessage request)
    {
        var serviceUrl = call.Channel.Address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + "/" + method.ServiceName;
        var context = new AuthInterceptorContext(serviceUrl, method.Name, call.CancellationToken);
        var metadata = new Metadata();
        if (call.Options.Credentials is { } own)
        {
            await own.AddToAsync(context, metadata).ConfigureAwait(false);
        }

        if (call.Channel.CallCredentials is { } shared)
        {
            await shared.AddToAsync(context, metadata).ConfigureAwait(false);
        }

        Add(request, metadata);
    }

    private static void Add(HttpRequestMessage request, Metadata? metadata)
    {
        if (metadata is null || metadata.Count == 0)
        {
            return;
        }

        foreach (var entry in metadata)
        {
            // The deadline of the call says that, and nothing else.
            if (string.Equals(entry.Key, GrpcHeaders.Timeout, StringComparison.Ordinal))
            {
                continue;
            }

            var name = string.Equals(entry.Key, GrpcHeaders.EncodingRequest, StringComparison.Ordinal) ? GrpcHeaders.Encoding : entry.Key;
            request.Headers.TryAddWithoutValidation(name, entry.ToHeaderValue());
        }
    }
}
