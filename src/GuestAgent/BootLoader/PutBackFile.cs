namespace GuestTune.Agent.BootLoader;

/// <summary>What became of one file of a change that was rolled back.</summary>
/// <param name="IsLeft">Somebody else has changed it since, so it was left as it is.</param>
internal readonly record struct PutBackFile(string Path, bool IsLeft)
{
    public override string ToString() => IsLeft ? $"{Path} is left as it is: somebody else has changed it meanwhile" : $"{Path} has its former content again";
}
