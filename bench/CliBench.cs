using GuestTune.Testing;

namespace GuestTune.Bench;

/// <summary>What starting the program costs, as a whole process.</summary>
internal static class CliBench
{
    public static async Task<List<Measurement>> RunAsync(double scale)
    {
        var cli = await PublishedPrograms.GetCliAsync();
        var (help, version, shell) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Math.Max(5, 20 * scale); round++)
        {
            help.Add((await ProcessRun.MeasureAsync(cli, ["--help"])).CpuMs);
            version.Add((await ProcessRun.MeasureAsync(cli, ["--version"])).CpuMs);
            shell.Add((await ProcessRun.MeasureAsync("/usr/bin/python3", ["-c", "import argparse; argparse.ArgumentParser().format_help()"])).CpuMs);
        }

        return
        [
            Measurement.OfSamples("processor time of one start", "guesttune", help, "ms"),
            Measurement.OfSamples("processor time of one start", "guesttune --version", version, "ms"),
            Measurement.OfSamples("processor time of one start", "python3 with argparse", shell, "ms"),
        ];
    }
}
