namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>A parser, and what it may do with any input: return, or throw its own error.</summary>
/// <param name="Name">Also of its folder of finds.</param>
/// <param name="Runs">Of one ordinary run of the tests.</param>
/// <param name="Words">What its inputs are made of, and damage alone would not make.</param>
internal sealed record FuzzTarget(
    string Name, int Runs, IReadOnlyList<byte[]> Corpus, IReadOnlyList<byte[]> Words, Action<byte[], FuzzBudget> Parse, Func<Exception, bool> IsOwnError)
{
    /// <returns>What was wrong, twice over: what .NET makes at a first error, such as the table of its messages, is no cost of an input. Null: nothing.</returns>
    public string? WhyWrong(byte[] input) => Try(input) is null ? null : Try(input);

    private string? Try(byte[] input)
    {
        var budget = new FuzzBudget(input.Length);
        try
        {
            Parse(input, budget);
        }
        catch (Exception e) when (IsOwnError(e))
        {
            // That is its right.
        }
        catch (Exception e)
        {
            return e.ToString();
        }

        return budget.Overspent;
    }
}
