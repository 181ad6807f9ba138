using System.Numerics;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>The commands of a TPM 2.0 that measured boot needs, as functions. Nothing here makes anything persistent in the TPM.</summary>
public sealed class TpmClient(ITpmTransport transport)
{
    private const uint CapabilityProperties = 6; // TPM_CAP_TPM_PROPERTIES
    private const uint CapabilityPcrs = 5; // TPM_CAP_PCRS
    private const uint CapabilityPcrProperties = 7; // TPM_CAP_PCR_PROPERTIES
    private const uint PropertyManufacturer = 0x105; // TPM_PT_MANUFACTURER
    private const uint PropertyNvBufferMax = 0x12C; // TPM_PT_NV_BUFFER_MAX
    private const uint PropertyNoIncrement = 0x11; // TPM_PT_PCR_NO_INCREMENT
    private const byte PolicySession = 0x01; // TPM_SE_POLICY
    private const int NonceSizeBytes = 16;
    private const int MaximumDigestSizeBytes = 64;
    private const int MaximumDigestsPerRead = 8;
    private const int MaximumCertificateSizeBytes = 16 * 1024;

    /// <summary>A register may be extended while the banks are read; then all is read again.</summary>
    private const int ReadAttempts = 5;

    /// <summary>Banks in the TPM's own order, with the registers that are allocated in each: none in a bank that is switched off.</summary>
    /// <exception cref="IOException">No answer, or a <see cref="TpmException"/>.</exception>
    /// <exception cref="TpmFormatException">The answer makes no sense.</exception>
    public IReadOnlyList<PcrSelection> ReadAllocation()
    {
        var reader = new TpmReader(GetCapability(CapabilityPcrs, 0));
        var banks = PcrSelection.ReadList(ref reader);
        return banks.DistinctBy(static b => b.Bank).Count() == banks.Count ? banks : throw new TpmFormatException("the TPM names one of its banks twice");
    }

    /// <summary>Four characters, e.g. <c>IBM</c> for swtpm, whose fourth is NUL.</summary>
    public string ReadManufacturer()
    {
        var value = ReadProperty(PropertyManufacturer);
        Span<char> text = stackalloc char[sizeof(uint)];
        for (var i = 0; i < text.Length; i++)
        {
            var character = (char)((value >> (24 - (8 * i))) & 0xFF);
            text[i] = char.IsAsciiLetterOrDigit(character) ? character : ' ';
        }

        return text.ToString().Trim();
    }

    /// <summary>The registers that may change without <c>pcrUpdateCounter</c>: debugging's and applications', usually (TPM 2.0 Library part 2, 6.14).</summary>
    /// <returns>A mask; all where the TPM does not say.</returns>
    public uint ReadUncountedPcrs()
    {
        try
        {
            var reader = new TpmReader(GetCapability(CapabilityPcrProperties, PropertyNoIncrement));
            return reader.UInt32() == 1 && reader.UInt32() == PropertyNoIncrement ? PcrSelection.ReadMask(ref reader) : PcrSelection.AllPcrs;
        }
        catch (Exception e) when (e is TpmException or TpmFormatException)
        {
            return PcrSelection.AllPcrs;
        }
    }

    /// <summary>TPM2_ReadClock.</summary>
    public TpmTimeInfo ReadClock()
    {
        var (_, response) = TpmCommand.Execute(transport, TpmCommandCode.ReadClock, [], [], []);
        var reader = new TpmReader(response);
        return new TpmTimeInfo(TimeMs: reader.UInt64(), ClockMs: reader.UInt64(), ResetCount: reader.UInt32(), RestartCount: reader.UInt32());
    }

    /// <inheritdoc cref="ReadPcrs(IReadOnlyList{PcrSelection}, out uint)"/>
    public IReadOnlyList<PcrValue> ReadPcrs(IReadOnlyList<PcrSelection> selections) => ReadPcrs(selections, out _);

    /// <summary>Of the registers of the selections all that the TPM has, as they were at one moment.</summary>
    /// <param name="updateCounter">The TPM's count of changes to its registers since its reset, but for those of <see cref="ReadUncountedPcrs"/>; 0 where none was asked for.</param>
    public IReadOnlyList<PcrValue> ReadPcrs(IReadOnlyList<PcrSelection> selections, out uint updateCounter)
    {
        ArgumentNullException.ThrowIfNull(selections);
        for (var attempt = 1; ; attempt++)
        {
            if (TryReadPcrs(selections, out var values) is { } counter)
            {
                updateCounter = counter;
                return values;
            }

            if (attempt == ReadAttempts)
            {
                throw new IOException("the registers change faster than they can be read: something keeps extending them");
            }
        }
    }

    /// <summary>A key that is made anew from the hierarchy's seed and the template: the same template gives the same key for as long as the seed lives.</summary>
    public (uint Handle, TpmPublic Public) CreatePrimary(uint hierarchy, ReadOnlySpan<byte> template)
    {
        var parameters = new TpmWriter()
            .Sized(new TpmWriter().Sized([]).Sized([]).Written) // inSensitive: no password, no data
            .Sized(template)
            .Sized([]) // outsideInfo
            .UInt32(0) // creationPCR
            .Written;
        var (handle, response) = TpmCommand.Execute(
            transport, TpmCommandCode.CreatePrimary, [hierarchy], [TpmAuthorization.EmptyPassword], parameters, returnsHandle: true);
        try
        {
            var reader = new TpmReader(response);
            return (handle, TpmPublic.Parse(reader.Sized()));
        }
        catch (TpmFormatException)
        {
            Flush(handle);
            throw;
        }
    }

    /// <returns>TPMS_ATTEST as the TPM signed it, and TPMT_SIGNATURE.</returns>
    public (byte[] Attest, byte[] Signature) Quote(uint key, ReadOnlySpan<byte> nonce, params ReadOnlySpan<PcrSelection> selections)
    {
        var writer = new TpmWriter().Sized(nonce).UInt16((ushort)TpmAlgorithm.Null); // inScheme: the key's own
        PcrSelection.WriteList(writer, selections);
        var (_, response) = TpmCommand.Execute(transport, TpmCommandCode.Quote, [key], [TpmAuthorization.EmptyPassword], writer.Written);
        var reader = new TpmReader(response);
        var attest = reader.Sized().ToArray();
        return (attest, reader.Bytes(reader.Remaining).ToArray());
    }

    /// <summary>
    /// Opens a secret that was made for this endorsement key and for an attestation key in the same TPM (TPM 2.0 Library part 1, 24).
    /// </summary>
    public byte[] ActivateCredential(
        uint attestationKey, uint endorsementKey, TpmKeyAttributes endorsementAttributes, ReadOnlySpan<byte> credential, ReadOnlySpan<byte> encryptedSeed)
    {
        if (endorsementAttributes.HasFlag(TpmKeyAttributes.UserWithAuth))
        {
            return ActivateCredential(attestationKey, endorsementKey, TpmAuthorization.EmptyPassword, credential, encryptedSeed);
        }

        var session = StartPolicySession();
        try
        {
            // The policy of endorsement keys without a password: whoever may use the endorsement hierarchy (EK Credential Profile, B.6.2).
            var policy = new TpmWriter().Sized([]).Sized([]).Sized([]).UInt32(0).Written;
            TpmCommand.Execute(transport, TpmCommandCode.PolicySecret, [TpmHandle.Endorsement, session], [TpmAuthorization.EmptyPassword], policy);
            return ActivateCredential(attestationKey, endorsementKey, new TpmAuthorization(session), credential, encryptedSeed);
        }
        finally
        {
            Flush(session);
        }
    }

    /// <returns>Content of an NV index that everybody may read with its own empty password; null where there is none.</returns>
    public byte[]? ReadNv(uint index)
    {
        int size;
        try
        {
            var (_, response) = TpmCommand.Execute(transport, TpmCommandCode.NvReadPublic, [index], [], []);
            var outer = new TpmReader(response);
            var reader = new TpmReader(outer.Sized());
            reader.UInt32(); // nvIndex
            reader.UInt16(); // nameAlg
            reader.UInt32(); // attributes
            reader.Sized(); // authPolicy
            size = reader.UInt16();
        }
        catch (TpmException e) when (e.Code.IsNoSuchHandle)
        {
            return null;
        }

        if (size > MaximumCertificateSizeBytes)
        {
            throw new TpmFormatException($"NV index 0x{index:x8} has {size} bytes; at most {MaximumCertificateSizeBytes} make sense");
        }

        var piece = (int)Math.Clamp(ReadProperty(PropertyNvBufferMax), 64, 1024);
        var content = new byte[size];
        for (var offset = 0; offset < size;)
        {
            var wanted = Math.Min(piece, size - offset);
            var parameters = new TpmWriter().UInt16((ushort)wanted).UInt16((ushort)offset).Written;
            var (_, response) = TpmCommand.Execute(transport, TpmCommandCode.NvRead, [index, index], [TpmAuthorization.EmptyPassword], parameters);
            var reader = new TpmReader(response);
            var read = reader.Sized(wanted);
            if (read.Length != wanted)
            {
                throw new TpmFormatException($"NV index 0x{index:x8} gives {read.Length} bytes from {offset} on; {wanted} of its {size} were asked for");
            }

            read.CopyTo(content.AsSpan(offset));
            offset += wanted;
        }

        return content;
    }

    /// <summary>Takes a key or session out of the TPM; one that is gone already is no error.</summary>
    public void Flush(uint handle)
    {
        try
        {
            TpmCommand.Execute(transport, TpmCommandCode.FlushContext, [], [], new TpmWriter().UInt32(handle).Written);
        }
        catch (TpmException)
        {
            // The resource manager takes back what is left when the device is closed.
        }
    }

    private byte[] ActivateCredential(
        uint attestationKey, uint endorsementKey, TpmAuthorization endorsement, ReadOnlySpan<byte> credential, ReadOnlySpan<byte> encryptedSeed)
    {
        var (_, response) = TpmCommand.Execute(
            transport,
            TpmCommandCode.ActivateCredential,
            [attestationKey, endorsementKey],
            [TpmAuthorization.EmptyPassword, endorsement],
            new TpmWriter().Sized(credential).Sized(encryptedSeed).Written);
        var reader = new TpmReader(response);
        return reader.Sized(MaximumDigestSizeBytes).ToArray();
    }

    private uint StartPolicySession()
    {
        // Not a secret and not salted: the session only carries a policy, and its commands are not protected by it.
        var parameters = new TpmWriter()
            .Sized(new byte[NonceSizeBytes])
            .Sized([])
            .UInt8(PolicySession)
            .UInt16((ushort)TpmAlgorithm.Null)
            .UInt16((ushort)TpmAlgorithm.Sha256)
            .Written;
        return TpmCommand.Execute(transport, TpmCommandCode.StartAuthSession, [TpmHandle.Null, TpmHandle.Null], [], parameters, returnsHandle: true).Handle;
    }

    /// <summary>
    /// An answer has room for eight. The TPM goes through what it is asked for in order and leaves out what it has not (part 3, 22.4): so all that is left
    /// is asked for, and what comes before the last register of an answer is done with.
    /// </summary>
    /// <returns>The update counter; null where a register was extended since the first command.</returns>
    private uint? TryReadPcrs(IReadOnlyList<PcrSelection> selections, out List<PcrValue> values)
    {
        values = [];
        uint? counter = null;
        var rest = selections.Where(static s => s.Mask != 0).ToArray();
        while (rest.Length > 0)
        {
            var read = ReadPart(rest, values, out var now);
            if (counter is { } former && former != now)
            {
                return null;
            }

            counter = now;
            var last = Array.FindLastIndex(read, static r => r.Mask != 0);
            if (last < 0)
            {
                break;
            }

            rest[last] = rest[last] with { Mask = rest[last].Mask & ~(uint.MaxValue >> BitOperations.LeadingZeroCount(read[last].Mask)) };
            rest = [.. rest.Skip(last).Where(static s => s.Mask != 0)];
        }

        return counter ?? 0;
    }

    /// <returns>Of each selection the registers that were read.</returns>
    private PcrSelection[] ReadPart(PcrSelection[] wanted, List<PcrValue> values, out uint counter)
    {
        var writer = new TpmWriter();
        PcrSelection.WriteList(writer, wanted);
        var (_, response) = TpmCommand.Execute(transport, TpmCommandCode.PcrRead, [], [], writer.Written);
        var reader = new TpmReader(response);
        counter = reader.UInt32();
        PcrSelection[] read = [.. PcrSelection.ReadList(ref reader)];
        var digests = reader.Count(MaximumDigestsPerRead, "digests");
        if (read.Length != wanted.Length || read.Zip(wanted).Any(static r => r.First.Bank != r.Second.Bank || (r.First.Mask & ~r.Second.Mask) != 0) || read.Sum(static r => r.Count) != digests)
        {
            throw new TpmFormatException("the TPM answered with other registers than it was asked for");
        }

        foreach (var selection in read)
        {
            foreach (var index in selection.Indices)
            {
                values.Add(new PcrValue(selection.Bank, index, reader.Sized(MaximumDigestSizeBytes).ToArray()));
            }
        }

        reader.ExpectEnd("the registers");
        return read;
    }

    private uint ReadProperty(uint property)
    {
        var reader = new TpmReader(GetCapability(CapabilityProperties, property));
        return reader.Count(1, "properties") == 1 && reader.UInt32() == property
            ? reader.UInt32()
            : throw new TpmFormatException($"the TPM does not say its property 0x{property:x}");
    }

    private byte[] GetCapability(uint capability, uint property)
    {
        var parameters = new TpmWriter().UInt32(capability).UInt32(property).UInt32(1).Written;
        var (_, response) = TpmCommand.Execute(transport, TpmCommandCode.GetCapability, [], [], parameters);
        var reader = new TpmReader(response);
        reader.UInt8(); // moreData
        return reader.UInt32() == capability ? reader.Bytes(reader.Remaining).ToArray() : throw new TpmFormatException("the TPM answered with another capability");
    }
}
