using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.MeasuredBoot.Predictions;

namespace GuestTune.Controller.Store;

/// <summary>
/// What the controller remembers between its runs. Every call is a transaction of its own, and throws a
/// <see cref="StoreException"/> where the store cannot be used.
/// </summary>
internal interface IControllerStore : IEnrolledKeys, IBaselines, IPredictions, IAudit, IDisposable;
