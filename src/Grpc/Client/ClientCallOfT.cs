using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>One call of a client with its message types.</summary>
internal sealed class ClientCall<TRequest, TResponse>(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    : ClientCall(channel, options)
    where TRequest : class
    where TResponse : class
{
    private RequestStreamContent<TRequest, TResponse>? _requests;
    private ResponseMessages? _responses;
    private Task<TResponse>? _single;

    public Method<TRequest, TResponse> Method => method;

    protected override IMethod MethodInfo => method;

    /// <summary>Sends the only request.</summary>
    public void Start(TRequest request) => ResponseTask = SendAsync(new UnaryContent<TRequest, TResponse>(this, request));

    /// <summary>Opens the stream of requests.</summary>
    public IClientStreamWriter<TRequest> StartStreaming()
    {
        var requests = new RequestStreamContent<TRequest, TResponse>(this);
        _requests = requests;
        ResponseTask = SendAsync(requests);
        return new RequestStreamWriter<TRequest, TResponse>(this, requests);
    }

    /// <summary>The only response, once the trailers have said that the call was a success.</summary>
    public Task<TResponse> ReceiveSingleAsync() => _single = ReceiveSingleCoreAsync();

    /// <summary>The next response, or null when there are no more.</summary>
    public async ValueTask<TResponse?> ReadAsync(HttpResponseMessage response)
    {
        _responses ??= new ResponseMessages(
            Channel, await response.Content.ReadAsStreamAsync(CancellationToken).ConfigureAwait(false), ResponseHead.ReadEncoding(response));
        return await _responses.ReadAsync(method.ResponseMarshaller.ContextualDeserializer, CancellationToken).ConfigureAwait(false);
    }

    protected override void EndRequests() => _requests?.Abort();

    protected override void ObserveResponse()
    {
        if (_single is { IsCompletedSuccessfully: false })
        {
            Observe(_single);
        }
    }

    private async Task<TResponse> ReceiveSingleCoreAsync()
    {
        var response = await ResponseTask.ConfigureAwait(false);
        if (response is null || EndStatus is not null)
        {
            throw CreateException();
        }

        TResponse? message;
        try
        {
            message = await ReadAsync(response).ConfigureAwait(false);
            if (message is not null)
            {
                await _responses!.ExpectEndAsync(CancellationToken).ConfigureAwait(false);
            }

            EndByTrailers(response, hasMessageMissing: message is null);
        }
        catch (Exception exception)
        {
            // Whatever went wrong becomes the status of the call.
            Fail("Error starting gRPC call.", exception);
            throw CreateException();
        }

        return message is not null && GetStatus().StatusCode == StatusCode.OK ? message : throw CreateException();
    }
}
