namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>A property did not hold.</summary>
internal sealed class SimulationFailedException(string message) : Exception(message);
