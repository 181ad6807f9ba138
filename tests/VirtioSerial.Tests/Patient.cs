namespace GuestTune.VirtioSerial.Tests;

/// <summary>For attaches that must succeed, however busy the machine is.</summary>
internal static class Patient
{
    public static SessionOptions Options { get; } = new() { AttachTimeout = TimeSpan.FromMinutes(2) };
}
