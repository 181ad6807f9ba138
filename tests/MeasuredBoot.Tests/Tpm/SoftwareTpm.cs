using System.Diagnostics;
using System.Net.Sockets;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.Tpm;

/// <summary>A real TPM 2.0 in software (swtpm) in a folder of its own, started and stopped by the test.</summary>
internal sealed class SoftwareTpm : ITpmTransport, IDisposable
{
    private const int HeaderSizeBytes = 10;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gtm-");
    private readonly Process _process;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public SoftwareTpm()
    {
        SocketPath = Path.Combine(_folder.FullName, "s");
        _process = Process.Start(new ProcessStartInfo("swtpm")
        {
            ArgumentList =
            {
                "socket", "--tpm2", "--tpmstate", $"dir={_folder.FullName}", "--server", $"type=unixio,path={SocketPath}",
                "--flags", "not-need-init,startup-clear",
            },
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        Connect();
    }

    public string SocketPath { get; }

    public byte[] Execute(ReadOnlySpan<byte> command)
    {
        _socket.Send(command);
        var header = new byte[HeaderSizeBytes];
        Receive(header);
        var response = new byte[System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(2))];
        header.CopyTo(response, 0);
        Receive(response.AsSpan(HeaderSizeBytes));
        return response;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Connect()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                _socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
                return;
            }
            catch (SocketException) when (watch.Elapsed < StartTime && !_process.HasExited)
            {
                Thread.Sleep(10);
            }
        }
    }

    private void Receive(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var received = _socket.Receive(target);
            Assert.NotEqual(0, received);
            target = target[received..];
        }
    }
}
