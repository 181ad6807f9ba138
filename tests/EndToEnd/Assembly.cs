using GuestTune.EndToEnd.Guests;

// Guests on a disk and of AArch64 belong to one test each, whose time goes by in the guest: two of them fill two processors.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: AssemblyFixture(typeof(GuestPool))]
