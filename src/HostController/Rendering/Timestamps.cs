using Google.Protobuf.WellKnownTypes;

namespace GuestTune.Controller.Rendering;

/// <summary>Reads a guest's times: one that no clock can show must not end the program.</summary>
internal static class Timestamps
{
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    /// <returns>Empty where there is no time, or an impossible one.</returns>
    public static string Format(Timestamp? time, string format) =>
        time is { Seconds: >= FirstSecond and <= LastSecond, Nanos: >= 0 and < 1_000_000_000 } ? time.ToDateTime().ToString(format) : "";
}
