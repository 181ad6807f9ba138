namespace GuestTune.EndToEnd.Guests;

/// <summary>Tests that share guests, or measure time: one after the other, and after all those that do neither and run two at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAtATime
{
    public const string Name = "one at a time";
}
