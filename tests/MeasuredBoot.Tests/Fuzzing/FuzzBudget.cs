namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>What a parser may cost: bytes allocated in proportion to its input, so that nobody is made to spend what a guest did not send.</summary>
internal sealed class FuzzBudget(int inputSizeBytes)
{
    private const int Factor = 8;

    /// <summary>An exception with its message and stack trace, and the few objects of an empty answer.</summary>
    private const int ConstantBytes = 16 * 1024;

    /// <summary>What went beyond it first; null: nothing.</summary>
    public string? Overspent { get; private set; }

    /// <param name="constantBytes">What the stage needs whatever its input is, e.g. for arithmetic of a fixed size.</param>
    public T Spend<T>(string stage, Func<T> work, int constantBytes = ConstantBytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return work();
        }
        finally
        {
            var spent = GC.GetAllocatedBytesForCurrentThread() - before;
            if (spent > ((long)Factor * inputSizeBytes) + constantBytes)
            {
                Overspent ??= $"{stage} allocated {spent} bytes for an input of {inputSizeBytes}";
            }
        }
    }
}
