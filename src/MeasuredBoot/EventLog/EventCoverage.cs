namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>How much of an event's data its digest covers: only that can be believed, and only if the log agrees with a quoted register.</summary>
public enum EventCoverage
{
    /// <summary>The digest is of something that is not in the log, e.g. of a program's code; the data is a label that anybody could have written.</summary>
    None = 0,

    /// <summary>The digest is of the part that is measured for this type: a command without its prefix, a variable's content without its name.</summary>
    Content = 1,

    /// <summary>The digest is of the data as a whole.</summary>
    Whole = 2,
}
