namespace GuestTune.VirtioSerial.Frames;

/// <summary>What a frame is for; the value is the byte on the wire.</summary>
internal enum FrameType : byte
{
    Hello = 1,
    Welcome = 2,
    Data = 3,
    Fin = 4,
    Reset = 5,
    Ping = 6,
    Pong = 7,
    Ready = 8,
    Pad = 9,
}
