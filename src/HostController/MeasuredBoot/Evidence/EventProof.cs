namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>How much of what a log tells about an event is proven.</summary>
internal enum EventProof
{
    /// <summary>Nothing: there is no proven quote, or the log does not agree with the register.</summary>
    None = 0,

    /// <summary>It was not measured; it tells the reader of the log something.</summary>
    NotMeasured = 1,

    /// <summary>Something with this digest was measured; what is said of it is a label that anybody could have written.</summary>
    Digest = 2,

    /// <summary>The part of the data that is measured for its type, as the log gives it.</summary>
    Content = 3,

    /// <summary>The data as the log gives it.</summary>
    Data = 4,
}
