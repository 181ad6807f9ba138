using GuestTune.EndToEnd.Guests;

// The guests are shared, and some tests measure: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(GuestPool))]
