namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Which TPM the kernel knows.</summary>
/// <param name="Number">Of its device and its folder in sysfs; null where there is none that can be used.</param>
/// <param name="Problem">Why it cannot be used, and what to do; null where it can.</param>
internal readonly record struct TpmPresence(int? Number, string? Problem)
{
    public const string Class = "/sys/class/tpm";

    /// <summary>Behind the kernel's resource manager, which gives each opener keys and sessions of its own; since Linux 4.12.</summary>
    public string ManagedDevice => $"/dev/tpmrm{Number}";

    /// <summary>One opener at a time.</summary>
    public string RawDevice => $"/dev/tpm{Number}";

    public string Folder => $"{Class}/tpm{Number}";

    public string EventLog => $"/sys/kernel/security/tpm{Number}/binary_bios_measurements";
}
