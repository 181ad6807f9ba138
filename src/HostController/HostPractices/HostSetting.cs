using GuestTune.Practices.Values;

namespace GuestTune.Controller.HostPractices;

/// <summary>One value of the host's kernel.</summary>
/// <param name="Name">As in requests and journals, e.g. halt_poll_ns.</param>
/// <param name="Path">Its file below /sys.</param>
internal sealed record HostSetting(string Name, string Path, IValueKind Kind);
