using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Power;

/// <summary>Resets a domain of libvirt (virDomainReset), over a connection that may write and lasts no longer than that.</summary>
internal static class LibvirtPower
{
    /// <exception cref="PowerException">libvirt refuses, or cannot be asked.</exception>
    public static async Task ResetAsync(string uri, string domain, CancellationToken cancellationToken)
    {
        try
        {
            // Blocks, for ever where the daemon hangs: the thread is left behind, the caller is not.
            await Task.Factory.StartNew(() => Reset(uri, domain), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is LibvirtException or DllNotFoundException or EntryPointNotFoundException)
        {
            throw new PowerException($"libvirt {uri} does not reset '{domain}': {TerminalText.Escape(e.Message, 300)}", e);
        }
    }

    private static void Reset(string uri, string domain)
    {
        using var connection = LibvirtConnection.Open(uri);
        connection.ResetDomain(domain);
    }
}
