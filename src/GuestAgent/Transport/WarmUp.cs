using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using GuestTune.Agent.V1;
using GuestTune.Practice.V1;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Transport;

/// <summary>
/// Sends the agent a few calls of its own before any host is let in, so that the first real call does not pay for compiling and
/// initialising what every call needs.
/// </summary>
/// <remarks>
/// The client side is as small as HTTP/2 allows (RFC 9113: preface, SETTINGS, HEADERS of literal fields, DATA), so that
/// the agent carries no HTTP client. Only calls that change nothing are made.
/// </remarks>
internal static partial class WarmUp
{
    private const int FrameHeaderSizeBytes = 9;
    private const byte DataFrame = 0x0;
    private const byte HeadersFrame = 0x1;
    private const byte ResetStreamFrame = 0x3;
    private const byte EndStream = 0x1;
    private const byte EndHeaders = 0x4;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    /// <param name="serve">Serves a connection until the result is disposed of.</param>
    public static async Task RunAsync(Func<ConnectionContext, Task<IAsyncDisposable>> serve, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var toServer = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var toClient = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var connection = new DefaultConnectionContext("warm-up", new Duplex(toServer.Reader, toClient.Writer), new Duplex(toClient.Reader, toServer.Writer))
        {
            LocalEndPoint = new SessionEndPoint("warm-up"),
        };
        using var timeout = new CancellationTokenSource(TimeLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await using (await serve(connection))
            {
                try
                {
                    await CallAsync(toClient.Reader, toServer.Writer, limit.Token);
                }
                finally
                {
                    // Also of a call that was given up: the server would wait for its end.
                    await toServer.Writer.CompleteAsync();
                    await toClient.Reader.CompleteAsync();
                }
            }

            LogWarm(logger, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Only time would have been saved.
            LogNotWarm(logger, exception);
        }
    }

    private static async Task CallAsync(PipeReader input, PipeWriter output, CancellationToken cancellationToken)
    {
        output.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        WriteFrameHeader(output, length: 0, type: 0x4, flags: 0, streamId: 0);

        var streamId = 1;
        foreach (var (method, request) in Calls())
        {
            WriteRequest(output, streamId, $"/{V1.Agent.Descriptor.FullName}/{method}", request);
            await output.FlushAsync(cancellationToken);
            await ReadToEndOfStreamAsync(input, streamId, cancellationToken);
            streamId += 2;
        }
    }

    private static IEnumerable<(string Method, IMessage Request)> Calls()
    {
        yield return ("GetInfo", new GetInfoRequest());
        yield return ("Observe", new ObserveRequest());
        yield return ("History", new HistoryRequest { Limit = 1 });
        // No such practice: an error's way out is part of what is warmed.
        yield return ("Plan", new PlanRequest { Desired = new Desired { Practice = "none" } });
        yield return ("Ping", new PingRequest { Payload = ByteString.CopyFromUtf8("warm-up") });
    }

    private static void WriteRequest(PipeWriter output, int streamId, string path, IMessage request)
    {
        var headers = new ArrayBufferWriter<byte>();
        WriteLiteral(headers, ":method", "POST");
        WriteLiteral(headers, ":scheme", "http");
        WriteLiteral(headers, ":path", path);
        WriteLiteral(headers, ":authority", "warm-up");
        WriteLiteral(headers, "te", "trailers");
        WriteLiteral(headers, "content-type", "application/grpc");
        WriteFrameHeader(output, headers.WrittenCount, HeadersFrame, EndHeaders, streamId);
        output.Write(headers.WrittenSpan);

        var body = request.ToByteArray();
        WriteFrameHeader(output, 5 + body.Length, DataFrame, EndStream, streamId);
        var prefix = output.GetSpan(5);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], body.Length);
        output.Advance(5);
        output.Write(body);
    }

    /// <summary>RFC 7541, 6.2.2: literal header field without indexing, new name, no Huffman coding.</summary>
    private static void WriteLiteral(ArrayBufferWriter<byte> output, string name, string value)
    {
        output.GetSpan(1)[0] = 0;
        output.Advance(1);
        WriteString(output, name);
        WriteString(output, value);

        static void WriteString(ArrayBufferWriter<byte> output, string text)
        {
            // One length byte is enough below 127.
            Debug.Assert(text.Length < 127);
            var span = output.GetSpan(1 + text.Length);
            span[0] = (byte)text.Length;
            output.Advance(1 + Encoding.ASCII.GetBytes(text, span[1..]));
        }
    }

    private static void WriteFrameHeader(PipeWriter output, int length, byte type, byte flags, int streamId)
    {
        var header = output.GetSpan(FrameHeaderSizeBytes);
        header[0] = (byte)(length >> 16);
        header[1] = (byte)(length >> 8);
        header[2] = (byte)length;
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], streamId);
        output.Advance(FrameHeaderSizeBytes);
    }

    private static async Task ReadToEndOfStreamAsync(PipeReader input, int streamId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var ended = false;
            while (!ended && TryReadFrame(ref buffer, out var type, out var flags, out var frameStreamId))
            {
                ended = frameStreamId == streamId && (type == ResetStreamFrame || (type is HeadersFrame or DataFrame && (flags & EndStream) != 0));
            }

            input.AdvanceTo(buffer.Start, ended ? buffer.Start : buffer.End);
            if (ended)
            {
                return;
            }

            if (result.IsCompleted)
            {
                throw new IOException("The connection ended before the answer.");
            }
        }
    }

    private static bool TryReadFrame(ref ReadOnlySequence<byte> buffer, out byte type, out byte flags, out int streamId)
    {
        Span<byte> header = stackalloc byte[FrameHeaderSizeBytes];
        type = flags = 0;
        streamId = 0;
        if (buffer.Length < FrameHeaderSizeBytes)
        {
            return false;
        }

        buffer.Slice(0, FrameHeaderSizeBytes).CopyTo(header);
        var length = (header[0] << 16) | (header[1] << 8) | header[2];
        if (buffer.Length < FrameHeaderSizeBytes + length)
        {
            return false;
        }

        type = header[3];
        flags = header[4];
        streamId = BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue;
        buffer = buffer.Slice(FrameHeaderSizeBytes + length);
        return true;
    }

    [LoggerMessage(10, LogLevel.Information, "Warm after {Milliseconds:F0} ms.", EventName = "Warm")]
    private static partial void LogWarm(ILogger logger, double milliseconds);

    [LoggerMessage(11, LogLevel.Warning, "Warming up failed; the first call will be slower.", EventName = "NotWarm")]
    private static partial void LogNotWarm(ILogger logger, Exception exception);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
