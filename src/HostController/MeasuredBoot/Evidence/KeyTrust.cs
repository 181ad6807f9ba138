namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>What is known of the key that signed a quote.</summary>
internal enum KeyTrust
{
    /// <summary>No TPM has shown that it holds the key; also where there is no quote.</summary>
    NotActivated = 0,

    /// <summary>The VM had no key before; its TPM showed by a credential that it holds this one, which is pinned now.</summary>
    New = 1,

    /// <summary>The key that was pinned for this VM.</summary>
    Pinned = 2,

    /// <summary>Another key than the one that is pinned: another TPM, or one that was cleared.</summary>
    Changed = 3,
}
