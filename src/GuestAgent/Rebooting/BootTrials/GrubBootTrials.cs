using System.Text;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.V1;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting.BootTrials;

/// <summary>Boot trials with GRUB, in whose environment block a boot can leave a note for the next one.</summary>
internal sealed class GrubBootTrials(RootedFileSystem files, SealedDiskGuard sealedDisks) : IBootTrials
{
    private const int MaximumCustomBytes = 256 * 1024;

    public BootTrialReport Read()
    {
        try
        {
            return Read(GrubDirectory.Find(files));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return BootTrialReport.None($"no boot trial is possible: {e.Message}");
        }
    }

    public BootTrialReport Arm(string operationId)
    {
        try
        {
            var grub = GrubDirectory.Find(files);
            if (sealedDisks.Describe() is { Count: > 0 } dangers)
            {
                // GRUB measures each command of a script into PCR 8, and each file that it reads into 9 (commands/tpm.c).
                throw new InvalidDataException("it changes what GRUB measures, and would lock a disk: " + string.Join("; ", dangers));
            }

            var (body, isUnrestricted) = GrubEntry.BodyFor(ReadRunning(), grub.Configuration, files);

            var custom = TrialScript.Insert(ReadCustom(grub), operationId, body, isUnrestricted);
            var block = GrubEnvironment.Add(ReadEnvironment(grub) ?? GrubEnvironment.Empty, grub.EnvironmentPath, TrialScript.Variable, TrialScript.Armed);

            // The script first: alone it does nothing.
            Write(grub.CustomPath, custom);
            Write(grub.EnvironmentPath, block);
            return Read(grub);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return BootTrialReport.None($"no boot trial is possible: {e.Message}");
        }
    }

    public void End()
    {
        try
        {
            var grub = GrubDirectory.Find(files);
            if (ReadEnvironment(grub) is { } block && GrubEnvironment.Parse(block).ContainsKey(TrialScript.Variable))
            {
                Write(grub.EnvironmentPath, GrubEnvironment.Remove(block, grub.EnvironmentPath, TrialScript.Variable));
            }

            var custom = ReadCustom(grub);
            switch (TrialScript.Remove(custom))
            {
                case "" when custom.Length > 0:
                    AtomicFile.Remove(files, grub.CustomPath);
                    break;
                case var others when others.Length < custom.Length:
                    Write(grub.CustomPath, others);
                    break;
            }
        }
        catch (InvalidDataException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private BootTrialReport Read(GrubDirectory grub)
    {
        var value = GrubEnvironment.Parse(ReadEnvironment(grub)).GetValueOrDefault(TrialScript.Variable);
        var operation = TrialScript.FindOperation(ReadCustom(grub));
        var source = $"{TrialScript.Variable}={value} in {grub.EnvironmentPath}";
        return (operation, value) switch
        {
            (null, _) or (_, null) => BootTrialReport.None("no boot trial is armed"),
            (_, TrialScript.Tried) => new BootTrialReport(BootTrialState.Tried, operation, $"this boot is the trial ({source})"),
            (_, TrialScript.FellBack) => new BootTrialReport(BootTrialState.FellBack, operation, $"GRUB took the previous command line ({source})"),
            _ => new BootTrialReport(BootTrialState.Armed, operation, $"the next boot is the trial ({source})"),
        };
    }

    private RunningCommandLine ReadRunning() => RunningCommandLine.Parse(
        files.ReadText(KernelCommandLine.Source).Text ?? throw new InvalidDataException($"{KernelCommandLine.Source} cannot be read"), KernelCommandLine.Source);

    private string ReadCustom(GrubDirectory grub)
    {
        var reading = files.ReadBytesAsLatin1(grub.CustomPath, MaximumCustomBytes);
        return reading.Text ?? (reading.IsMissing ? string.Empty : throw new InvalidDataException($"{grub.CustomPath} {reading.Problem}"));
    }

    private string? ReadEnvironment(GrubDirectory grub)
    {
        var reading = files.ReadBytesAsLatin1(grub.EnvironmentPath);
        return reading.Text ?? (reading.IsMissing ? null : throw new InvalidDataException($"{grub.EnvironmentPath} {reading.Problem}"));
    }

    private void Write(string path, string text) => AtomicFile.Replace(files, path, Encoding.Latin1.GetBytes(text));
}
