namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>How far a prediction has come: the values of controller.proto.</summary>
internal enum PredictionState
{
    None = 0,

    /// <summary>In force, and no start has been proven equal to it yet.</summary>
    Pending = 1,

    /// <summary>In force, and a start was proven equal to it.</summary>
    Met = 2,

    /// <summary>Another operation took its place, or it was a trial that is over: it counts for starts up to the one that ran then.</summary>
    Superseded = 3,

    /// <summary>Superseded, since the operation was undone.</summary>
    Withdrawn = 4,
}
