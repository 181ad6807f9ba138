namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>What makes a start differ from the one before.</summary>
internal enum PredictionKind
{
    None = 0,

    /// <summary>An operation changed the kernel command line.</summary>
    Change = 1,

    /// <summary>An operation put it back, and not to that of the baseline.</summary>
    Undo = 2,

    /// <summary>The one start at which GRUB carries our boot trial out.</summary>
    Trial = 3,
}
