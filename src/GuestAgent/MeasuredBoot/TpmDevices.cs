using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>The TPMs of the running system; a tree below another root has none.</summary>
internal sealed class TpmDevices(RootedFileSystem files) : ITpmDevices
{
    private const int NoEntry = 2; // ENOENT

    public ITpmConnection Open(string path) => files.IsSystemRoot
        ? new TpmDevice(DeviceFile.OpenToTalk(files, path), path)
        : throw new FileProblemException(NoEntry, $"{path} belongs to the running system, not to the tree {files.Root} (--root)");
}
