using GuestTune.Agent.MeasuredBoot;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.MeasuredBoot;

/// <summary>The devices of a guest: what is not here does not exist.</summary>
internal sealed class FakeTpmDevices(params (string Path, Func<ITpmTransport> Open)[] devices) : ITpmDevices
{
    public static FakeTpmDevices Of(ITpmTransport tpm, string path = "/dev/tpmrm0") => new((path, () => tpm));

    public static FakeTpmDevices Refusing(int errno, string path = "/dev/tpmrm0") =>
        new((path, () => throw new FileProblemException(errno, $"cannot open {path}: errno {errno}")));

    public ITpmConnection Open(string path) => devices.FirstOrDefault(d => d.Path == path).Open is { } open
        ? new Connection(open())
        : throw new FileProblemException(2, $"cannot open {path}: No such file or directory (ENOENT)");

    private sealed class Connection(ITpmTransport tpm) : ITpmConnection
    {
        public byte[] Execute(ReadOnlySpan<byte> command) => tpm.Execute(command);

        public void Dispose()
        {
        }
    }
}
