using System.Runtime.InteropServices;
using System.Text;
using GuestTune.Practices.Files;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Commands;

/// <summary>Takes what a program writes to a pipe, so that it never has to wait, and keeps the newest of it.</summary>
internal sealed unsafe class BoundedOutput : IDisposable
{
    private const int BufferSizeBytes = 4096;

    private readonly SafeFileHandle _pipe;
    private readonly MemoryStream _kept = new();
    private bool _isAtEnd;

    public BoundedOutput(SafeFileHandle pipe)
    {
        _pipe = pipe;
        _ = Libc.FileControl(pipe, Libc.SetFileFlags, Libc.NonBlocking);
    }

    public bool WasCut { get; private set; }

    public string Text => Encoding.UTF8.GetString(_kept.GetBuffer(), 0, (int)_kept.Length);

    /// <summary>A negative one is ignored by poll(2): a pipe at its end would wake it for ever.</summary>
    public int PollFile => _isAtEnd ? -1 : (int)_pipe.DangerousGetHandle();

    /// <summary>All that is there now.</summary>
    public void Read(int maximumBytes)
    {
        var buffer = stackalloc byte[BufferSizeBytes];
        while (!_isAtEnd)
        {
            var count = Libc.Read(_pipe, buffer, BufferSizeBytes);
            if (count < 0)
            {
                if (Marshal.GetLastPInvokeError() is Errno.Interrupted)
                {
                    continue;
                }

                return;
            }

            _isAtEnd = count == 0;
            Keep(new ReadOnlySpan<byte>(buffer, (int)count), maximumBytes);
        }
    }

    public void Dispose()
    {
        _pipe.Dispose();
        _kept.Dispose();
    }

    private void Keep(ReadOnlySpan<byte> bytes, int maximumBytes)
    {
        _kept.Write(bytes);
        if (_kept.Length > maximumBytes)
        {
            // The newest half: programs say last why they failed.
            WasCut = true;
            var newest = _kept.GetBuffer().AsSpan((int)_kept.Length - (maximumBytes / 2), maximumBytes / 2);
            newest.CopyTo(_kept.GetBuffer());
            _kept.SetLength(maximumBytes / 2);
        }
    }
}
