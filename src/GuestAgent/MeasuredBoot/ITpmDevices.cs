using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Opens TPMs: a seam, since a test's tree has no devices.</summary>
internal interface ITpmDevices
{
    /// <exception cref="FileProblemException">It cannot be opened; its errno says why.</exception>
    ITpmConnection Open(string path);
}
