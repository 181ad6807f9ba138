namespace GuestTune.Bench;

/// <summary>One figure of one contender: the median of its samples, or a single reading.</summary>
internal sealed record Measurement(string Figure, string Contender, double Value, string Unit, double? Low = null, double? High = null, int Samples = 1)
{
    /// <summary>The median, with the 10th and 90th percentile as its spread.</summary>
    public static Measurement OfSamples(string figure, string contender, List<double> samples, string unit)
    {
        samples.Sort();
        return new(figure, contender, At(samples, 0.5), unit, At(samples, 0.1), At(samples, 0.9), samples.Count);
    }

    private static double At(List<double> sorted, double quantile) => sorted[(int)Math.Min(sorted.Count - 1, quantile * sorted.Count)];
}
