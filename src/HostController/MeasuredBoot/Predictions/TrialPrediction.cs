using System.Text;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>
/// What GRUB will measure at the start that is a boot trial: a start as always, with our custom.cfg read and carried out, and the armed
/// environment block in place of the plain one. The script is made here, from the code that the agent has it from, and never taken from the guest.
/// </summary>
internal static class TrialPrediction
{
    /// <param name="events">As the next start without a trial.</param>
    /// <param name="running">The command line that was proven for the boot that runs.</param>
    /// <exception cref="UnpredictableException">It cannot be told what GRUB will do.</exception>
    public static IReadOnlyList<BootEvent> Of(IReadOnlyList<BootEvent> events, PcrBank bank, BootFileSet files, string running, string operationId)
    {
        var menu = files.Text(files.Menu)!;
        GrubPrediction.ExpectMeasured(events, bank, files.Menu, files.Files[files.Menu]);
        var environment = files.Text(files.EnvironmentPath) ?? throw new UnpredictableException($"there is no {files.EnvironmentPath}");
        GrubPrediction.ExpectMeasured(events, bank, files.EnvironmentPath, files.Files[files.EnvironmentPath]);
        if (files.Text(files.CustomPath) is not null)
        {
            throw new UnpredictableException($"{files.CustomPath} has commands of others, and where ours come between theirs is not predicted");
        }

        try
        {
            var line = RunningCommandLine.Parse(RunningCommandLine.ImageKey + running, "the command line that was measured");
            var (body, isUnrestricted) = TrialEntry.FromMenu(line, menu) ?? FromLoaderEntries(line, files, events, bank)
                ?? throw new UnpredictableException($"neither {files.Menu} nor a boot loader entry has the running kernel");
            var armed = GrubEnvironment.Add(environment, files.EnvironmentPath, TrialScript.Variable, TrialScript.Armed);
            var custom = TrialScript.Insert(string.Empty, operationId, body, isUnrestricted);
            return Insert(events, bank, environment, armed, custom, directory => TrialScript.FirstBoot(directory, armed, body, isUnrestricted));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new UnpredictableException(e.Message, e);
        }
    }

    /// <summary>GRUB reads each of them to make its menu, and measures them as it does every file (blscfg); that menu is measured nowhere else.</summary>
    private static (string, bool)? FromLoaderEntries(RunningCommandLine line, BootFileSet files, IReadOnlyList<BootEvent> events, PcrBank bank)
    {
        foreach (var path in files.Files.Keys.Where(static p => p.EndsWith(".conf", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (TrialEntry.FromLoaderEntry(line, files.Text(path)!) is { } found)
            {
                GrubPrediction.ExpectMeasured(events, bank, path, files.Files[path]);
                return found;
            }
        }

        return null;
    }

    private static List<BootEvent> Insert(
        IReadOnlyList<BootEvent> events, PcrBank bank, string environment, string armed, string custom, Func<string, IReadOnlyList<GrubStep>> firstBoot)
    {
        var (plain, noted) = (bank.Hash(Encoding.Latin1.GetBytes(environment)), Encoding.Latin1.GetBytes(armed));
        var result = new List<BootEvent>();
        string? directory = null;
        foreach (var entry in events)
        {
            if (GrubMeasurement.Read(entry, bank, GrubMeasurement.Command) is { } command)
            {
                // 41_custom of grub-mkconfig: where the file is there, the second question is not asked.
                if (directory is not null && command.StartsWith($"[ -z {directory} -a -f ", StringComparison.Ordinal))
                {
                    continue;
                }

                result.Add(entry);
                if (directory is null && command.StartsWith("[ -f ", StringComparison.Ordinal) && command.EndsWith("/custom.cfg ]", StringComparison.Ordinal))
                {
                    directory = command["[ -f ".Length..^"/custom.cfg ]".Length];
                    result.Add(GrubMeasurement.Of(GrubMeasurement.Command, $"source {directory}/custom.cfg", bank));
                    result.Add(GrubMeasurement.OfFile($"{directory}/custom.cfg", Encoding.Latin1.GetBytes(custom), bank));
                    result.AddRange(firstBoot(directory).Select(s => s.IsFile ? GrubMeasurement.OfFile(s.Text, noted, bank) : GrubMeasurement.Of(GrubMeasurement.Command, s.Text, bank)));
                }
            }
            else if (entry.Pcr == GrubMeasurement.FilePcr && entry.DigestOf(bank).Span.SequenceEqual(plain))
            {
                result.Add(BootEvent.Create(entry.Pcr, entry.Type, bank, bank.Hash(noted), entry.Data));
            }
            else
            {
                result.Add(entry);
            }
        }

        return directory is { Length: > 0 } ? result : throw new UnpredictableException("GRUB did not look for a custom.cfg at this start");
    }
}
