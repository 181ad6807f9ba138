namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>Where predicted starts are kept, for as long as the baseline that they were derived from.</summary>
/// <remarks>Every method throws an <see cref="IOException"/> where the place cannot be read or written.</remarks>
internal interface IPredictions
{
    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<Prediction>> ListPredictionsAsync(string vm, CancellationToken cancellationToken);

    /// <summary>What will be started has changed: all that counted until now counts for starts up to the running one.</summary>
    /// <param name="running">The start that runs.</param>
    /// <param name="next">Null: the baseline itself.</param>
    /// <param name="undone">An operation that was taken back; null: none.</param>
    /// <param name="seen">What <paramref name="next"/> was derived from; null: nothing.</param>
    /// <exception cref="UnpredictableException">That is no longer so: another controller was first.</exception>
    Task SupersedeAsync(string vm, StartCount running, Prediction? next, string? undone, StartReferences? seen, CancellationToken cancellationToken);

    /// <summary>One more that may come about.</summary>
    /// <param name="seen">What it was derived from; null: nothing.</param>
    /// <exception cref="UnpredictableException">That is no longer so: another controller was first.</exception>
    Task AddPredictionAsync(Prediction prediction, StartReferences? seen, CancellationToken cancellationToken);

    /// <summary>A start was proven: boot trials that were armed before it are over with it.</summary>
    /// <param name="met">The prediction that it is equal to; null: none.</param>
    Task SeeStartAsync(string vm, StartCount start, Prediction? met, CancellationToken cancellationToken);
}
