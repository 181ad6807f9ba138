namespace GuestTune.Testing;

/// <summary>What went wrong while a test VM was built or run, said so that a reader knows what to do.</summary>
public sealed class TestVmException : Exception
{
    public TestVmException(string message) : base(message)
    {
    }

    public TestVmException(string message, Exception inner) : base(message, inner)
    {
    }

    public TestVmException()
    {
    }
}
