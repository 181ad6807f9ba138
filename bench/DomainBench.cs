using System.Text.Json;
using System.Xml.Linq;
using GuestTune.Controller.Cli;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Store;
using GuestTune.Controller.V1;
using GuestTune.Practices.Files;
using GuestTune.Testing;

namespace GuestTune.Bench;

/// <summary>A thousand domains of one libvirt: the audit of them all, what a look at one costs, and an edit beside the programs that are there already.</summary>
internal sealed class DomainBench : IDisposable
{
    private const int DomainCount = 1000;
    private const int RunningCount = 20;
    private const string Running = "run";
    private const string VirtXmlProgram = "/usr/bin/virt-xml";
    private const string Ours = "guesttune";
    private const string Edit = "add an IOThread, each domain";
    private static readonly string[] IOThreads = ["vm", "set", "iothreads"];

    private readonly DomainHost _host = new(DomainCount);
    private readonly List<Measurement> _results = [];
    private readonly string _cli;
    private readonly double _scale;

    private DomainBench(string cli, double scale)
    {
        _cli = cli;
        _scale = scale;
    }

    public static async Task<List<Measurement>> RunAsync(double scale)
    {
        using var bench = new DomainBench(await PublishedPrograms.GetCliAsync(), scale);
        await bench.MeasureCheckAsync();
        await bench.MeasureLookAsync("observe a stopped domain", all: true);
        await bench.MeasureEditAsync();
        await bench.MeasureLookAsync("observe a stopped domain with a journal", all: true);
        bench.StartSome();
        await bench.MeasureLookAsync("observe a running domain", all: false);
        return bench._results;
    }

    public void Dispose() => _host.Dispose();

    private async Task MeasureCheckAsync()
    {
        var (wall, cpu) = (new List<double>(), new List<double>());
        var rounds = Scaled(10);
        for (var round = 0; round <= rounds; round++)
        {
            // Domains without huge pages or a TPM are not as the guide has them, so the audit does not end well.
            var run = await MeasureAsync(["check", "--no-guests"], ExitCode.SomeFailed);
            ExpectAllChecked(run.Output);
            if (round > 0)
            {
                wall.Add(run.WallMs / 1000);
                cpu.Add(run.CpuMs / 1000);
            }
        }

        _results.Add(Measurement.OfSamples($"check --no-guests, {DomainCount} domains", Ours, wall, "s"));
        _results.Add(Measurement.OfSamples($"check --no-guests, {DomainCount} domains, processor time", Ours, cpu, "s"));
    }

    /// <summary>One domain after another, each way in turn, in this process; the first rounds go uncounted, since all of it is compiled in them.</summary>
    private async Task MeasureLookAsync(string figure, bool all)
    {
        await using var domains = new DomainTuning(
            new LibvirtClients(TimeProvider.System), _host.Uri, new RootedFileSystem("/"), State, new SqliteStore(new StoreFiles(State), TimeProvider.System), TimeProvider.System);
        using var connection = LibvirtConnection.Open(_host.Uri, LibvirtAccess.Read);
        List<double> ours = [], theirs = [];
        var rounds = Scaled(20);
        for (var round = 0; round < rounds + 3; round++)
        {
            var (one, other) = (await Clock.TimeMsAsync(() => ObserveAsync(domains, all)), Clock.TimeMs(() => Read(connection, all)));
            if (round >= 3)
            {
                ours.Add(one / CountOf(all));
                theirs.Add(other / CountOf(all));
            }
        }

        _results.Add(Measurement.OfSamples(figure, Ours, ours, "ms"));
        _results.Add(Measurement.OfSamples(figure, "libvirt's XML, parsed", theirs, "ms"));
    }

    /// <summary>Each way in turn, and back again before the next.</summary>
    private async Task MeasureEditAsync()
    {
        var some = _host.Names.Take(Scaled(30)).ToArray();
        List<double> ours = [], undo = [], virtXml = [], virsh = [], alone = [];
        var hasVirtXml = File.Exists(VirtXmlProgram);
        if (!hasVirtXml)
        {
            await Console.Error.WriteLineAsync("virt-xml is left out: it is not installed (package virtinst)");
        }

        for (var round = 0; round < Math.Max(1, (int)(5 * _scale)); round++)
        {
            ours.Add((await MeasureAsync([.. IOThreads, "--all", "--count", "1"])).WallMs / DomainCount);
            _host.ExpectIOThreads(some[^1], expected: true);
            undo.Add((await MeasureAsync(["vm", "undo", "--all"])).WallMs / DomainCount);
            if (hasVirtXml)
            {
                // Its --iothreads edits only what is there already.
                virtXml.AddRange(TimeEach(some, name => ProcessRun.Run(VirtXmlProgram, ["--connect", _host.Uri, name, "--edit", "--xml", "./iothreads=1"])));
            }

            virsh.AddRange(TimeEach(some, EditByVirsh));
            using var connection = LibvirtConnection.Open(_host.Uri, LibvirtAccess.Write);
            alone.AddRange(TimeEach(some, name => EditAlone(connection, name)));
        }

        _results.Add(Measurement.OfSamples(Edit, Ours, ours, "ms"));
        _results.Add(Measurement.OfSamples(Edit, "guesttune vm undo", undo, "ms"));
        if (hasVirtXml)
        {
            _results.Add(Measurement.OfSamples(Edit, "virt-xml", virtXml, "ms"));
        }

        _results.Add(Measurement.OfSamples(Edit, "virsh dumpxml, sed, virsh define", virsh, "ms"));
        _results.Add(Measurement.OfSamples(Edit, "libvirt's calls alone, one by one", alone, "ms"));
    }

    private List<double> TimeEach(string[] names, Action<string> edit)
    {
        _host.ExpectIOThreads(names[^1], expected: false);
        var times = names.Select(name => Clock.TimeMs(() => edit(name))).ToList();
        _host.ExpectIOThreads(names[^1], expected: true);
        _host.Define(names);
        return times;
    }

    private void EditByVirsh(string name)
    {
        var virsh = $"virsh --quiet --connect '{_host.Uri}'";
        ProcessRun.Run("/bin/bash", ["-o", "pipefail", "-c", $"{virsh} dumpxml --inactive --security-info {name} | sed 's|</vcpu>|&<iothreads>1</iothreads>|' | {virsh} define --validate /dev/stdin"]);
    }

    /// <summary>What nobody can do without who changes nothing but the one element: the XML with its passwords, and the definition, held against libvirt's schema.</summary>
    private static void EditAlone(LibvirtConnection connection, string name)
    {
        using var domain = connection.Find(name);
        var xml = domain.Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure);
        connection.Define(xml.Replace("</vcpu>", "</vcpu><iothreads>1</iothreads>", StringComparison.Ordinal)).Dispose();
    }

    private void StartSome()
    {
        for (var i = 0; i < RunningCount; i++)
        {
            _host.Start($"{Running}{i}");
        }
    }

    private static async Task ObserveAsync(DomainTuning domains, bool all)
    {
        var request = new ObserveRequest { Selection = new Selection { All = all }, Pace = new Pace { MaxParallel = 1, TimeoutMs = 60_000 } };
        if (!all)
        {
            request.Selection.Names.Add(Running + "*");
        }

        var count = 0;
        await foreach (var one in domains.ObserveAsync(request, default))
        {
            count += one.EventCase == VmEvent.EventOneofCase.Observe ? 1 : 0;
        }

        Expect(CountOf(all), count);
    }

    /// <summary>What an observation cannot do without: the list, the definition, that of the running domain, and both as trees.</summary>
    private static void Read(LibvirtConnection connection, bool all)
    {
        var count = 0;
        foreach (var domain in connection.Domains(DomainFilter.All))
        {
            using (domain)
            {
                if (all || domain.Name.StartsWith(Running, StringComparison.Ordinal))
                {
                    _ = XDocument.Parse(domain.Xml(DomainXmlFlags.Inactive));
                    if (!all)
                    {
                        _ = XDocument.Parse(domain.Xml(DomainXmlFlags.Live));
                    }

                    count++;
                }
            }
        }

        Expect(CountOf(all), count);
    }

    private string State => _host.PathOf("state");

    private static int CountOf(bool all) => all ? DomainCount : RunningCount;

    private int Scaled(int count) => Math.Max(3, (int)(count * _scale));

    private Task<ProcessRun> MeasureAsync(IEnumerable<string> arguments, int exitCode = ExitCode.Done) =>
        ProcessRun.MeasureAsync(_cli, [.. arguments, "--connect", _host.Uri, "--state", State, "-o", "json"], exitCode);

    /// <summary>A finding that an answer is missing has no verdict.</summary>
    private static void ExpectAllChecked(string json)
    {
        using var document = JsonDocument.Parse(json);
        var findings = document.RootElement.GetProperty("findings").EnumerateArray()
            .Where(static f => f.GetProperty("place").ValueEquals("domain") && f.GetProperty("verdict").ValueKind == JsonValueKind.String);
        Expect(DomainCount, findings.Select(static f => f.GetProperty("name").GetString()).Distinct().Count());
    }

    private static void Expect(int expected, int actual)
    {
        if (expected != actual)
        {
            throw new InvalidOperationException($"{actual} domains in place of {expected}.");
        }
    }
}
