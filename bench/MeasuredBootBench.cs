using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Testing;
using GuestTune.VirtioSerial;
using PcrSelection = GuestTune.MeasuredBoot.Tpm.PcrSelection;

namespace GuestTune.Bench;

/// <summary>One Debian guest with a TPM and an event log, side by side: GuestTune, and tpm2-tools as somebody runs them who has only qemu-ga.</summary>
internal sealed class MeasuredBootBench : IAsyncDisposable
{
    private const string Ours = "guesttune";
    private const string Tools = "tpm2-tools by qemu-ga guest-exec";
    private const string ReadFigure = "read 24 PCRs in 2 banks";
    private const string ReadChangedFigure = "read 24 PCRs in 2 banks, one of them extended";
    private const string QuoteFigure = "quote over 24 PCRs with log, verified";
    private const string Folder = "/run/tpm2";
    private const string KeyHandle = "0x81010042";

    private readonly TestVm _vm;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gtquote-");
    private readonly List<Measurement> _results = [];
    private readonly double _scale;

    private MeasuredBootBench(TestVm vm, double scale)
    {
        _vm = vm;
        _scale = scale;
    }

    public static async Task<List<Measurement>> RunAsync(double scale)
    {
        await using var bench = new MeasuredBootBench(await DiskGuest.StartAsync("bench", DiskKind.LinuxEfi), scale);
        await bench.RunAllAsync();
        return bench._results;
    }

    public async ValueTask DisposeAsync()
    {
        await _vm.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task RunAllAsync()
    {
        await _vm.WaitForAgentAsync();
        await MeasureMemoryAsync("with a TPM, after start");
        using (var qemuGa = new QemuGaClient(_vm.Folder.PortSocket(TestVmOptions.QemuGuestAgentPort)))
        {
            await using var link = new AgentLink(new SocketChannel(_vm.AgentSocket), new AgentLinkOptions(), AttachAsync, TimeProvider.System);
            await link.AttachAsync(default);
            await MeasureReadAsync(ReadFigure, link, qemuGa);
            await MeasureQuoteAsync(link, qemuGa);
            await MeasureReadAsync(ReadChangedFigure, link, qemuGa, () => qemuGa.ExecuteShell($"tpm2_pcrextend 15:sha256={new string('0', 64)}"));
        }

        await MeasureMemoryAsync("with a TPM, after quotes");
    }

    private static ValueTask<Session> AttachAsync(ChannelAddress address, CancellationToken cancellationToken) =>
        HostSession.AttachAsync(((SocketChannel)address).Path, new SessionOptions(), cancellationToken);

    private async Task MeasureReadAsync(string figure, AgentLink link, QemuGaClient qemuGa, Action? beforeEach = null)
    {
        var request = new ReadPcrsRequest();
        foreach (var bank in new[] { TpmAlgorithm.Sha1, TpmAlgorithm.Sha256 })
        {
            request.Selections.Add(new Agent.V1.PcrSelection { Algorithm = (uint)bank, Mask = PcrSelection.AllPcrs });
        }

        await AlternateAsync(
            figure,
            async () => Expect(48, (await link.MeasuredBoot.ReadPcrsAsync(request)).Banks.Sum(static b => b.Digests.Count)),
            () => Expect(48, qemuGa.ExecuteShell("tpm2_pcrread sha1:all+sha256:all").Split("0x").Length - 1),
            beforeEach);
    }

    private async Task MeasureQuoteAsync(AgentLink link, QemuGaClient qemuGa)
    {
        // Both sides have their key: GuestTune makes it from the TPM's seed at each quote, tpm2-tools find theirs persistent in the TPM.
        qemuGa.ExecuteShell(
            $"mkdir -p {Folder} && cd {Folder} && tpm2_createprimary -Q -C e -G ecc256:ecdsa-sha256:null -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign|noda' -c ak.ctx"
            + $" && tpm2_evictcontrol -Q -C o -c ak.ctx {KeyHandle} && tpm2_readpublic -Q -c ak.ctx -f pem -o ak.pem");
        await File.WriteAllBytesAsync(InFolder("ak.pem"), Fetch(qemuGa, "ak.pem"));
        await AlternateAsync(QuoteFigure, () => QuoteAsync(link), () => QuoteByTools(qemuGa));
    }

    private async Task QuoteAsync(AgentLink link)
    {
        var vm = new VmEntry("bench", "inventory", new SocketChannel(_vm.AgentSocket), new Dictionary<string, string>());
        var call = new VmCallContext(vm, link.Client, link.MeasuredBoot, new CallOptions(), await link.AttachAsync(default), TimeProvider.System);
        var evidence = await EvidenceCollector.CollectAsync(call, new EvidenceRequest(new PcrSelection(TpmAlgorithm.Sha256, PcrSelection.AllPcrs)));
        var verdict = EvidenceVerifier.Verify(evidence, KeyTrust.Pinned);
        if (!verdict.IsProven || evidence.EventLog is null)
        {
            throw new InvalidOperationException($"The quote is not proven: {string.Join("; ", verdict.Problems)} {evidence.EventLogProblem}");
        }
    }

    /// <summary>The quote is made in the guest, and verified on the host, where else it would be the guest's word.</summary>
    private void QuoteByTools(QemuGaClient qemuGa)
    {
        var nonce = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        qemuGa.ExecuteShell($"cd {Folder} && tpm2_quote -Q -c {KeyHandle} -l sha256:all -q {nonce} -m quote.msg -s quote.sig -o quote.pcrs -g sha256");
        foreach (var name in new[] { "quote.msg", "quote.sig", "quote.pcrs" })
        {
            File.WriteAllBytes(InFolder(name), Fetch(qemuGa, name));
        }

        File.WriteAllBytes(InFolder("log"), qemuGa.ReadBytes("/sys/kernel/security/tpm0/binary_bios_measurements"));
        ProcessRun.Run("tpm2_checkquote", ["-Q", "-u", InFolder("ak.pem"), "-m", InFolder("quote.msg"), "-s", InFolder("quote.sig"), "-f", InFolder("quote.pcrs"), "-g", "sha256", "-q", nonce]);
        ProcessRun.Run("tpm2_eventlog", [InFolder("log")]);
    }

    private static byte[] Fetch(QemuGaClient qemuGa, string name) => qemuGa.ReadBytes($"{Folder}/{name}");

    /// <summary>The systemd unit's process, read through the console: the product is not asked about itself.</summary>
    private async Task MeasureMemoryAsync(string when)
    {
        var text = await _vm.Console.ReadAsync("awk '/^RssAnon:/ {print $2}' /proc/$(systemctl show -p MainPID --value guesttune-agent)/status");
        _results.Add(new($"agent anonymous memory, {when}", Ours, double.Parse(text) / 1024, "MiB"));
    }

    /// <summary>Turn by turn; a quarter of the rounds goes uncounted before, since both ends compile what is hot.</summary>
    private async Task AlternateAsync(string figure, Func<Task> ours, Action theirs, Action? beforeEach = null)
    {
        List<double> our = [], their = [];
        var rounds = Math.Max(4, (int)(40 * _scale));
        for (var round = 0; round < rounds; round++)
        {
            beforeEach?.Invoke();
            var (one, other) = (await Clock.TimeMsAsync(ours), Clock.TimeMs(theirs));
            if (round >= rounds / 4)
            {
                our.Add(one);
                their.Add(other);
            }
        }

        _results.Add(Measurement.OfSamples(figure, Ours, our, "ms"));
        _results.Add(Measurement.OfSamples(figure, Tools, their, "ms"));
    }

    private string InFolder(string name) => Path.Combine(_folder.FullName, name);

    private static void Expect(int expected, int actual)
    {
        if (expected != actual)
        {
            throw new InvalidOperationException($"{actual} registers in place of {expected}.");
        }
    }
}
