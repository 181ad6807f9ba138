namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>Where baselines are kept.</summary>
/// <remarks>Every method throws an <see cref="IOException"/> where the place cannot be read or written; its message says why and what to do.</remarks>
internal interface IBaselines
{
    Task<Baseline?> FindBaselineAsync(BaselineId id, CancellationToken cancellationToken);

    /// <summary>In the order of scope and name, without values and logs.</summary>
    Task<IReadOnlyList<BaselineSummary>> ListBaselinesAsync(CancellationToken cancellationToken);

    /// <param name="replace">It may take the place of one that has its id.</param>
    /// <returns>False where there is one already, which stays.</returns>
    Task<bool> SaveBaselineAsync(Baseline baseline, bool replace, CancellationToken cancellationToken);

    /// <returns>False where there was none.</returns>
    Task<bool> RemoveBaselineAsync(BaselineId id, CancellationToken cancellationToken);
}
