using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Testing;

namespace GuestTune.SoftwareTpms;

/// <summary>A real TPM 2.0 in software (swtpm) in a folder of its own, started and stopped by the test.</summary>
public sealed class SoftwareTpm : ITpmTransport, IDisposable
{
    private const int HeaderSizeBytes = 10;
    private const uint PcrExtend = 0x182; // TPM_CC_PCR_Extend
    private const uint ReadClock = 0x181; // TPM_CC_ReadClock
    private const uint Shutdown = 0x145; // TPM_CC_Shutdown

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gtm-");
    private Process _process;
    private Socket? _socket;

    /// <param name="banks">Banks that are switched on, as swtpm_setup takes them, e.g. "sha1"; null: all that swtpm has.</param>
    /// <param name="isCertified">Its endorsement keys get certificates, as those of libvirt's vTPMs do: by swtpm_localca, with a CA of its own.</param>
    public SoftwareTpm(string? banks = null, bool isCertified = false)
    {
        SocketPath = InFolder("s");
        if (banks is not null || isCertified)
        {
            string[] chosen = banks is null ? [] : ["--pcr-banks", banks];
            string[] certified = isCertified ? ["--create-ek-cert", "--config", WriteAuthority()] : [];
            // Whatever umask the tests have.
            Run("/bin/sh", ["-c", "umask 022; exec \"$@\"", "sh", "swtpm_setup", "--tpm2", "--tpmstate", _folder.FullName, "--overwrite", .. chosen, .. certified]);
        }

        _process = Start();
    }

    /// <summary>What swtpm, swtpm_setup and (in <c>ca</c>) swtpm_localca keep.</summary>
    public string Folder => _folder.FullName;

    /// <summary>One client at a time: see <see cref="Disconnect"/>.</summary>
    public string SocketPath { get; }

    /// <summary>For programs of tpm2-tools, while this object is disconnected.</summary>
    public string Tcti => $"cmd:socat stdio unix-connect:{SocketPath}";

    public byte[] Execute(ReadOnlySpan<byte> command)
    {
        var socket = _socket ??= Connect();
        socket.Send(command);
        var header = new byte[HeaderSizeBytes];
        Receive(socket, header);
        var response = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(2))];
        header.CopyTo(response, 0);
        Receive(socket, response.AsSpan(HeaderSizeBytes));
        return response;
    }

    /// <summary>As firmware and boot loaders do it.</summary>
    public void Extend(int index, PcrBank bank, ReadOnlySpan<byte> digest)
    {
        ArgumentNullException.ThrowIfNull(bank);
        var parameters = new TpmWriter().UInt32(1).UInt16((ushort)bank.Algorithm).Bytes(digest).Written;
        TpmCommand.Execute(this, (TpmCommandCode)PcrExtend, [(uint)index], [TpmAuthorization.EmptyPassword], parameters);
    }

    /// <summary>Takes away what its maker left in it, which only the platform may: swtpm takes everybody for that.</summary>
    public void Unprovision(uint index)
    {
        Disconnect();
        Run("tpm2_nvundefine", $"0x{index:x8}", "--tcti", Tcti, "--hierarchy", "p");
    }

    /// <summary>Lets others connect; the next command connects again.</summary>
    public void Disconnect()
    {
        _socket?.Dispose();
        _socket = null;
    }

    /// <summary>What any guest may ask for: the next <see cref="Restart"/> then counts as no reset (TPM2_Shutdown(STATE)).</summary>
    public void ShutDownForRestart() => TpmCommand.Execute(this, (TpmCommandCode)Shutdown, [], [], new TpmWriter().UInt16(1).Written);

    /// <summary>A power cycle.</summary>
    /// <param name="state">What the TPM remembers from then on, of an earlier <see cref="SaveState"/>.</param>
    public void Restart(IReadOnlyDictionary<string, byte[]>? state = null)
    {
        Stop();
        foreach (var (name, content) in state ?? new Dictionary<string, byte[]>())
        {
            File.WriteAllBytes(InFolder(name), content);
        }

        _process = Start();
    }

    public IReadOnlyDictionary<string, byte[]> SaveState() =>
        _folder.GetFiles("*.permall").ToDictionary(static f => f.Name, static f => File.ReadAllBytes(f.FullName), StringComparer.Ordinal);

    public void Dispose()
    {
        Stop();
        _folder.Delete(recursive: true);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} failed: {output}{errors.GetAwaiter().GetResult()}");
        }
    }

    /// <summary>A swtpm_localca that keeps its CA here, and not in /var/lib/swtpm-localca.</summary>
    private string WriteAuthority()
    {
        var (setup, authority, options) = (InFolder("setup.conf"), InFolder("localca.conf"), InFolder("localca.options"));
        File.WriteAllText(setup, $"create_certs_tool = swtpm_localca\ncreate_certs_tool_config = {authority}\ncreate_certs_tool_options = {options}\n");
        File.WriteAllText(authority, $"""
            statedir = {InFolder("ca")}
            signingkey = {InFolder("ca/signkey.pem")}
            issuercert = {InFolder("ca/issuercert.pem")}
            certserial = {InFolder("ca/certserial")}

            """);
        File.WriteAllText(options, "--platform-manufacturer GuestTune\n--platform-version 1\n--platform-model test\n");
        return setup;
    }

    private string InFolder(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Returns when it answers, and others can connect too: programs of tpm2-tools try it once.</summary>
    private Process Start()
    {
        var process = Process.Start(new ProcessStartInfo("swtpm")
        {
            ArgumentList =
            {
                "socket", "--tpm2", "--tpmstate", $"dir={_folder.FullName}", "--server", $"type=unixio,path={SocketPath}",
                "--flags", "not-need-init,startup-clear",
            },
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        ServedSocket.WaitFor(SocketPath, () => !process.HasExited);

        // It lets somebody connect before it has started up and written its counters down; an answer comes after both.
        TpmCommand.Execute(this, (TpmCommandCode)ReadClock, [], [], []);
        Disconnect();
        return process;
    }

    private void Stop()
    {
        Disconnect();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(SocketPath);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private static void Receive(Socket socket, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var received = socket.Receive(target);
            if (received == 0)
            {
                throw new IOException("swtpm closed the connection");
            }

            target = target[received..];
        }
    }
}
