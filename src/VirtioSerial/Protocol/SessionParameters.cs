using System.Runtime.InteropServices;

namespace GuestTune.VirtioSerial.Protocol;

/// <summary>What HELLO and WELCOME agreed on.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionParameters(SessionId Session, byte Version, int MaxPayloadSizeBytes, SessionId Instance);
