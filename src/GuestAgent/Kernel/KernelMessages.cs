namespace GuestTune.Agent.Kernel;

/// <summary>The kernel's messages of this boot, as far as they are still to be had.</summary>
/// <param name="Messages">Oldest first, without priority and time.</param>
/// <param name="Source">Where they were read, for evidence.</param>
/// <param name="IsWhole">False where the beginning was overwritten by newer messages: what is not found here may have been said.</param>
/// <param name="Problem">Why there are none, or not all.</param>
internal sealed record KernelMessages(IReadOnlyList<string> Messages, string Source, bool IsWhole, string? Problem)
{
    /// <summary>The first message of every kernel but for AArch64's "Booting Linux on physical CPU" (init/main.c, start_kernel).</summary>
    public const string FirstMessage = "Linux version ";

    public string? FirstWith(string text)
    {
        foreach (var message in Messages)
        {
            if (message.Contains(text, StringComparison.Ordinal))
            {
                return message;
            }
        }

        return null;
    }
}
