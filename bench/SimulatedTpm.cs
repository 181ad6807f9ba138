using System.Buffers.Binary;
using System.Security.Cryptography;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Bench;

/// <summary>
/// Just enough of a TPM 2.0 for quotes: the registers of a recorded boot, and an attestation key of its own that signs each nonce anew. It keeps
/// its key in a file for the controller to be told of; what a controller verifies is as real as from any TPM.
/// </summary>
internal sealed class SimulatedTpm : ITpmDevices, ITpmConnection
{
    private const ushort NoSessions = 0x8001;
    private const ushort Sessions = 0x8002;
    private const uint Handle = 0x80000000;
    private const uint CapabilityPcrs = 5;
    private const uint NoSuchCommand = 0x143;
    private const int HeaderSizeBytes = 10;
    private const int PcrsPerRead = 8;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _public;
    private readonly byte[][] _registers;

    public SimulatedTpm(BootEventLog log)
    {
        var replay = new EventLogReplay(log, PcrBank.Sha256);
        _registers = [.. Enumerable.Range(0, PcrSelection.PcrCount).Select(replay.Compute)];
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var template = TpmTemplates.AttestationKey();
        // Up to the unique field, the point, it is what every attestation key of this program is.
        _public = new TpmWriter().Bytes(template.AsSpan(0, template.Length - sizeof(ushort) - "guesttune attestation key 1"u8.Length - sizeof(ushort))).Sized(point.X).Sized(point.Y).ToArray();
    }

    public ReadOnlySpan<byte> AttestationKey => _public;

    public ITpmConnection Open(string path) => this;

    public void Dispose()
    {
    }

    public byte[] Execute(ReadOnlySpan<byte> command)
    {
        var code = (TpmCommandCode)BinaryPrimitives.ReadUInt32BigEndian(command[6..]);
        var reader = new TpmReader(command[HeaderSizeBytes..]);
        return code switch
        {
            // Of its properties only which registers there are.
            TpmCommandCode.GetCapability when reader.UInt32() == CapabilityPcrs => Answer(NoSessions, 0, new TpmWriter().UInt8(0).UInt32(CapabilityPcrs).Bytes(Selected(PcrSelection.AllPcrs))),
            TpmCommandCode.ReadClock => Answer(NoSessions, 0, Clock(new TpmWriter().UInt32(0).UInt32(0))),
            TpmCommandCode.PcrRead => ReadPcrs(reader),
            TpmCommandCode.CreatePrimary => Answer(Sessions, 0, new TpmWriter().Sized(_public), Handle),
            TpmCommandCode.Quote => Quote(reader),
            TpmCommandCode.FlushContext => Answer(NoSessions, 0, new TpmWriter()),
            _ => Answer(NoSessions, NoSuchCommand, new TpmWriter()),
        };
    }

    private byte[] ReadPcrs(TpmReader reader)
    {
        var mask = PcrSelection.ReadList(ref reader)[0].Mask;
        var read = new PcrSelection(TpmAlgorithm.Sha256, mask).Indices.Take(PcrsPerRead).ToArray();
        var writer = new TpmWriter().UInt32(1).Bytes(Selected(read.Aggregate(0u, static (all, i) => all | (1u << i)))).UInt32((uint)read.Length);
        foreach (var index in read)
        {
            writer.Sized(_registers[index]);
        }

        return Answer(NoSessions, 0, writer);
    }

    private byte[] Quote(TpmReader reader)
    {
        reader.UInt32(); // the key
        reader.Bytes((int)reader.UInt32()); // its authorization
        var nonce = reader.Sized();
        reader.UInt16(); // inScheme
        var selection = PcrSelection.ReadList(ref reader)[0];
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var index in selection.Indices)
        {
            digest.AppendData(_registers[index]);
        }

        var attest = Clock(new TpmWriter().UInt32(0xFF544347).UInt16(0x8018).Sized([]).Sized(nonce)) // TPM_GENERATED, TPM_ST_ATTEST_QUOTE
            .UInt32(0).UInt32(0)
            .Bytes(Selected(selection.Mask)).Sized(digest.GetHashAndReset())
            .ToArray();
        var signature = _key.SignData(attest, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return Answer(
            Sessions,
            0,
            new TpmWriter().Sized(attest).UInt16((ushort)TpmAlgorithm.EcDsa).UInt16((ushort)TpmAlgorithm.Sha256).Sized(signature.AsSpan(0, 32)).Sized(signature.AsSpan(32)));
    }

    /// <summary>TPMS_CLOCK_INFO.</summary>
    private static TpmWriter Clock(TpmWriter writer)
    {
        var clock = (ulong)Environment.TickCount64;
        return writer.UInt32((uint)(clock >> 32)).UInt32((uint)clock).UInt32(1).UInt32(0).UInt8(1);
    }

    private static ReadOnlySpan<byte> Selected(uint mask)
    {
        var writer = new TpmWriter();
        PcrSelection.WriteList(writer, new PcrSelection(TpmAlgorithm.Sha256, mask));
        return writer.Written;
    }

    private static byte[] Answer(ushort tag, uint code, TpmWriter parameters, uint? handle = null)
    {
        var body = new TpmWriter();
        if (handle is { } given)
        {
            body.UInt32(given);
        }

        if (tag == Sessions)
        {
            body.UInt32((uint)parameters.Written.Length).Bytes(parameters.Written).Sized([]).UInt8(0).Sized([]);
        }
        else
        {
            body.Bytes(parameters.Written);
        }

        return new TpmWriter().UInt16(tag).UInt32((uint)(HeaderSizeBytes + body.Written.Length)).UInt32(code).Bytes(body.Written).ToArray();
    }
}
