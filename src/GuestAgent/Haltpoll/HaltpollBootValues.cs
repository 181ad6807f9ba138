using System.Text;
using GuestTune.Agent.Kernel;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>
/// Does systemd-tmpfiles' part in a guest that boots without it: the first start of the agent after a boot writes the persistent
/// values to the kernel. Only the first: later, somebody may have changed them on purpose.
/// </summary>
internal sealed class HaltpollBootValues(RootedFileSystem files, KernelIdentity kernel, string stateDirectory)
{
    private readonly string _marker = stateDirectory + "/boot-values-applied";

    /// <returns>What was done for each value, for the log; empty where there was nothing to do.</returns>
    public IReadOnlyList<string> ApplyOnce()
    {
        if (TmpfilesConfiguration.IsAppliedAtBoot(files) || !files.FileExists(HaltpollPractice.Configuration)
            || string.Equals(files.ReadText(_marker).Value, kernel.BootId, StringComparison.Ordinal))
        {
            return [];
        }

        var report = new List<string>();
        foreach (var parameter in HaltpollParameter.All)
        {
            if (HaltpollPractice.PersistentKnob(files, parameter).Read().Value is { } value)
            {
                report.Add(Apply(parameter, value));
            }
        }

        try
        {
            AtomicFile.Replace(files, _marker, Encoding.UTF8.GetBytes(kernel.BootId + "\n"));
        }
        catch (IOException e)
        {
            report.Add($"this would be done again at the agent's next start: {e.Message}");
        }

        return report;
    }

    private string Apply(HaltpollParameter parameter, string value)
    {
        if (!parameter.Kind.TryNormalize(value, out var normalized, out var problem))
        {
            return $"{parameter.Name} = '{value}' is left out: {problem}; allowed is {parameter.Kind.Allowed}";
        }

        var knob = HaltpollPractice.ParameterKnob(files, parameter);
        try
        {
            knob.Write(normalized);
        }
        catch (IOException e)
        {
            return e.Message;
        }

        var reading = knob.Read();
        return knob.AreEqual(reading.Value, normalized)
            ? $"{parameter.Name} = {normalized}"
            : $"{parameter.Name}: '{normalized}' was written, but {reading.Problem ?? $"'{reading.Value}'"} was read back";
    }
}
