using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>The usual way to a verdict: the definition, the running domain against it, and then what its process shows.</summary>
internal static class ProcessProof
{
    /// <param name="persistent">What is defined of the practice; null where it is absent.</param>
    /// <param name="running">The same of the running domain.</param>
    /// <param name="absent">What absence means.</param>
    /// <param name="prove">Asked where both agree and there is a process to ask.</param>
    public static (Verdict Verdict, string Reason) Judge(
        DomainView view, string? persistent, string? running, string absent, Func<QemuProcess, (Verdict Verdict, string Reason)> prove)
    {
        if (view.IsActive && !string.Equals(persistent, running, StringComparison.Ordinal))
        {
            return (Verdict.Pending, $"after a power cycle: it runs with {running ?? "none"} and is defined with {persistent ?? "none"}");
        }

        return persistent is null ? (Verdict.Absent, absent)
            : !view.IsActive ? (Verdict.Configured, $"{persistent}; the domain does not run")
            : view.Process is { } process ? prove(process)
            : (Verdict.Configured, $"{persistent}; the domain's process is not on this host, is not the only one that claims to be it, or may not be seen by this user, so its effect cannot be");
    }
}
