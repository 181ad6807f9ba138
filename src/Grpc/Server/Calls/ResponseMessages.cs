using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Puts messages into a response body
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses, Length-Prefixed-Message).</summary>
internal sealed class ResponseMessages<TResponse>(HttpServerCallContext call, Action<TResponse, SerializationContext> serializer)
    where TResponse : class
{
    private readonly ResponseSerializationContext _context = new(call);
    private TResponse? _message;

    /// <summary>Writes a message without sending it: headers, message and trailers then leave together.</summary>
    public ValueTask WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        var response = call.HttpContext.Response;
        if (response.HasStarted)
        {
            Write(message);
            return default;
        }

        return StartAndWriteAsync(message, cancellationToken);
    }

    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) =>
        call.HttpContext.Response.BodyWriter.FlushAsync(cancellationToken);

    private async ValueTask StartAndWriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        // The server wants the response started before the body's writer is used.
        await call.HttpContext.Response.StartAsync(cancellationToken);
        Write(message);
    }

    private void Write(TResponse message)
    {
        _message = message;
        call.WriteExclusively(this, static self => self.Serialize());
    }

    private void Serialize()
    {
        _context.Reset(call.HttpContext.Response.BodyWriter);
        serializer(_message!, _context);
        _message = null;
        _context.EnsureCompleted();
    }
}
