namespace GuestTune.Controller.Practices;

/// <summary>What all practices that change a guest's kernel command line have in common.</summary>
internal static class CommandLineChange
{
    public const string Force = "change the kernel command line also where a TPM then keeps the key of a disk for itself (have its passphrase at hand)";

    /// <summary>update-grub takes half a minute in an emulated guest, and where its result is not what was asked for it runs a second time.</summary>
    public static TimeSpan TimeLimit { get; } = TimeSpan.FromMinutes(2);
}
