namespace Grpc.Core;

/// <summary>Flags that <see cref="CallOptions"/> carries (https://github.com/grpc/grpc/blob/master/doc/wait-for-ready.md).</summary>
[Flags]
internal enum CallFlags
{
    None = 0,
    WaitForReady = 0x20,
}
