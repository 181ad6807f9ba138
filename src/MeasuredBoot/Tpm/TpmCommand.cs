using System.Buffers.Binary;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Builds one command, sends it and checks the frame of its response (TPM 2.0 Library part 1, 18.1 and part 3, 4 to 6).</summary>
internal static class TpmCommand
{
    private const ushort NoSessions = 0x8001; // TPM_ST_NO_SESSIONS
    private const ushort Sessions = 0x8002; // TPM_ST_SESSIONS
    private const int HeaderSizeBytes = 10;

    /// <summary>No answer that is asked for here is larger; the reference implementation's buffer has 4,096.</summary>
    private const int MaximumResponseSizeBytes = 16 * 1024;
    private const int Attempts = 5;

    /// <param name="authorizations">A session for each handle that wants one.</param>
    /// <param name="returnsHandle">Whether a handle comes before the parameters.</param>
    /// <returns>The response's handle, or 0, and its parameters.</returns>
    /// <exception cref="TpmException">The TPM refused.</exception>
    /// <exception cref="TpmFormatException">The response is malformed.</exception>
    public static (uint Handle, byte[] Parameters) Execute(
        ITpmTransport transport,
        TpmCommandCode code,
        ReadOnlySpan<uint> handles,
        ReadOnlySpan<TpmAuthorization> authorizations,
        ReadOnlySpan<byte> parameters,
        bool returnsHandle = false)
    {
        var command = Build(code, handles, authorizations, parameters);
        for (var attempt = 1; ; attempt++)
        {
            var response = transport.Execute(command);
            var (tag, result) = ReadHeader(response);
            if (result.IsSuccess)
            {
                return Split(response.AsSpan(HeaderSizeBytes), tag, authorizations.Length > 0, returnsHandle);
            }

            if (!result.IsTransient || attempt == Attempts)
            {
                throw new TpmException(code, result);
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(20 << attempt));
        }
    }

    private static byte[] Build(TpmCommandCode code, ReadOnlySpan<uint> handles, ReadOnlySpan<TpmAuthorization> authorizations, ReadOnlySpan<byte> parameters)
    {
        var writer = new TpmWriter();
        writer.UInt16(authorizations.IsEmpty ? NoSessions : Sessions).UInt32(0).UInt32((uint)code);
        foreach (var handle in handles)
        {
            writer.UInt32(handle);
        }

        if (!authorizations.IsEmpty)
        {
            var area = new TpmWriter();
            foreach (var authorization in authorizations)
            {
                authorization.Write(area);
            }

            writer.UInt32((uint)area.Written.Length).Bytes(area.Written);
        }

        var command = writer.Bytes(parameters).ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(command.AsSpan(sizeof(ushort)), (uint)command.Length);
        return command;
    }

    private static (ushort Tag, TpmResponseCode Code) ReadHeader(ReadOnlySpan<byte> response)
    {
        var reader = new TpmReader(response);
        var tag = reader.UInt16();
        var size = reader.UInt32();
        var code = new TpmResponseCode(reader.UInt32());
        if (size != response.Length || size > MaximumResponseSizeBytes)
        {
            throw new TpmFormatException($"a response says that it has {size} bytes; it has {response.Length}");
        }

        // A TPM 1.2 answers any command of 2.0 with a frame of its own (TPM_TAG_RSP_COMMAND, 0x00c4).
        return tag is NoSessions or Sessions || !code.IsSuccess ? (tag, code) : throw new TpmFormatException($"a response has the unknown tag 0x{tag:x4}");
    }

    private static (uint Handle, byte[] Parameters) Split(ReadOnlySpan<byte> body, ushort tag, bool hasSessions, bool returnsHandle)
    {
        if (tag == Sessions != hasSessions)
        {
            throw new TpmFormatException("a response has sessions where its command had none, or the other way round");
        }

        var reader = new TpmReader(body);
        var handle = returnsHandle ? reader.UInt32() : 0;
        var size = hasSessions ? reader.UInt32() : (uint)reader.Remaining;
        return size <= reader.Remaining
            ? (handle, reader.Bytes((int)size).ToArray())
            : throw new TpmFormatException($"a response says that its parameters have {size} bytes; {reader.Remaining} are there");
    }
}
