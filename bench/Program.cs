using System.CommandLine;
using GuestTune.Bench;

var quick = new Option<bool>("--quick") { Description = "A tenth of the rounds: shows that it runs, gives no figures to quote." };
var json = new Option<string?>("--json") { Description = "Write the figures to this file as well." };
var what = new Argument<string[]>("what") { Description = "vm, fleet, cli, measured-boot or domains; all of them when none is named.", DefaultValueFactory = _ => ["vm", "fleet", "cli", "measured-boot", "domains"] };
what.AcceptOnlyFromAmong("vm", "fleet", "cli", "measured-boot", "domains");

var agents = new Command("agents", "Serves simulated agents until standard input ends.") { Hidden = true };
var count = new Option<int>("--count") { Required = true };
var directory = new Option<string>("--dir") { Required = true };
agents.Options.Add(count);
agents.Options.Add(directory);
agents.SetAction((result, token) => SimulatedAgents.ServeAsync(result.GetRequiredValue(directory), result.GetRequiredValue(count), token));

var root = new RootCommand("Measures GuestTune beside qemu-ga and the bare virtio-serial port, in one run on one VM.") { quick, json, what, agents };
root.SetAction(async (result, token) =>
{
    var scale = result.GetValue(quick) ? 0.1 : 1;
    var measurements = new List<Measurement>();
    foreach (var part in result.GetRequiredValue(what))
    {
        measurements.AddRange(part switch
        {
            "vm" => await VmBench.RunAsync(scale),
            "fleet" => await FleetBench.RunAsync(scale),
            "measured-boot" => [.. await MeasuredBootBench.RunAsync(scale), .. await FleetBench.RunQuotesAsync(scale)],
            "domains" => await DomainBench.RunAsync(scale),
            _ => await CliBench.RunAsync(scale),
        });
    }

    Report.Print(measurements);
    if (result.GetValue(json) is { } path)
    {
        Report.WriteJson(path, measurements);
    }
});
return await root.Parse(args).InvokeAsync();
