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
    Task SupersedeAsync(string vm, StartCount running, Prediction? next, string? undone, CancellationToken cancellationToken);

    /// <summary>An operation was taken back, and nothing took its place: what it made counts for starts up to the running one.</summary>
    /// <param name="running">The start that runs; null where that is not known: then for none.</param>
    Task WithdrawAsync(string vm, string operationId, StartCount? running, CancellationToken cancellationToken);

    /// <summary>One more that may come about.</summary>
    Task AddPredictionAsync(Prediction prediction, CancellationToken cancellationToken);

    /// <summary>The trial of an operation counts for starts up to the running one.</summary>
    Task EndTrialAsync(string vm, string operationId, StartCount running, CancellationToken cancellationToken);
}
