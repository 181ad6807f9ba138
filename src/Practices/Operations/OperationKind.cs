namespace GuestTune.Practices;

/// <summary>What an operation is.</summary>
public enum OperationKind
{
    Unspecified = 0,
    Apply = 1,
    Undo = 2,
}
