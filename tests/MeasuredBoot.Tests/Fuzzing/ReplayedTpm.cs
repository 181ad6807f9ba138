using System.Buffers.Binary;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>A TPM that gives the answers of a recording, each after two bytes with its length, whatever it is asked; over and over again.</summary>
internal sealed class ReplayedTpm : ITpmTransport
{
    /// <summary>The largest job is a certificate, which comes in pieces.</summary>
    public const int MostQuestions = 1000;

    /// <summary>For all questions of one job: each is written, and its answer copied.</summary>
    public const int MostBytes = 64 * 1024;

    private readonly List<byte[]> _answers = [];

    public ReplayedTpm(ReadOnlySpan<byte> recording)
    {
        while (recording.Length > sizeof(ushort))
        {
            var size = Math.Min(recording.Length - sizeof(ushort), BinaryPrimitives.ReadUInt16BigEndian(recording));
            _answers.Add(recording.Slice(sizeof(ushort), size).ToArray());
            recording = recording[(sizeof(ushort) + size)..];
        }
    }

    public int Asked { get; private set; }

    public byte[] Execute(ReadOnlySpan<byte> command)
    {
        if (_answers.Count == 0 || ++Asked > MostQuestions)
        {
            throw new IOException("there is no answer");
        }

        return _answers[(Asked - 1) % _answers.Count];
    }
}
