using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>A TPM for as long as it is open.</summary>
internal interface ITpmConnection : ITpmTransport, IDisposable;
