using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Practices;

namespace GuestTune.Agent.Services;

/// <summary>Sends zeros as fast as the channel takes them, from one buffer and in one message, so that only the channel is measured.</summary>
internal static class ThroughputSource
{
    public const ulong MaximumSizeBytes = 1024UL * 1024 * 1024;
    public const int MaximumMessageSizeBytes = 1024 * 1024;
    private const int DefaultMessageSizeBytes = 64 * 1024;

    /// <exception cref="PracticeException">A size is out of range.</exception>
    public static async Task SendAsync(
        MeasureThroughputRequest request, IServerStreamWriter<MeasureThroughputResponse> responses, CancellationToken cancellationToken)
    {
        if (request.SizeBytes > MaximumSizeBytes)
        {
            throw PracticeException.Invalid($"size_bytes is {request.SizeBytes}: at most {MaximumSizeBytes} (1 GiB) are sent");
        }

        if (request.MessageSizeBytes > MaximumMessageSizeBytes)
        {
            throw PracticeException.Invalid($"message_size_bytes is {request.MessageSizeBytes}: at most {MaximumMessageSizeBytes} (1 MiB) are allowed");
        }

        var messageSize = request.MessageSizeBytes == 0 ? DefaultMessageSizeBytes : (int)request.MessageSizeBytes;
        var zeros = new byte[Math.Min((ulong)messageSize, request.SizeBytes)];
        var message = new MeasureThroughputResponse { Data = UnsafeByteOperations.UnsafeWrap(zeros) };
        for (var rest = request.SizeBytes; rest > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (rest < (ulong)messageSize)
            {
                message = new MeasureThroughputResponse { Data = UnsafeByteOperations.UnsafeWrap(zeros.AsMemory(0, (int)rest)) };
            }

            await responses.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            rest -= (ulong)message.Data.Length;
        }
    }
}
