using GuestTune.Controller.Inventory;
using GuestTune.Controller.Practices;
using GuestTune.Controller.QemuGa;
using GuestTune.Controller.Rendering;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Proofs;

/// <summary>
/// Asks qemu-ga itself, over its own port, what it carries out. The agent sees only the arguments of a process; that qemu-ga says of a
/// command that it is disabled is what proves a block list.
/// </summary>
internal sealed class BlockListProof(IQemuGaClient client, TimeProvider time) : IHostProof
{
    /// <summary>An answer takes less than a millisecond; another program on the socket makes us wait for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>While file systems are frozen, qemu-ga carries out these alone (qga/main.c, ga_freeze_allowlist).</summary>
    private static readonly string[] FreezeSafe = ["guest-ping", "guest-info", "guest-sync", "guest-sync-delimited", "guest-fsfreeze-status", "guest-fsfreeze-thaw"];

    public string Practice => QemuGaPractice.Id;

    public async Task AddAsync(VmEntry vm, Observation said, CancellationToken cancellationToken)
    {
        // Nothing else is in need of a proof; and through libvirt each question taints the domain.
        if (said.Verdict is not (Verdict.Configured or Verdict.Effective) || Blocked(said) is not { Length: > 0 } blocked)
        {
            return;
        }

        if (vm.QemuGa is not { } address)
        {
            Unproven(said, "none", "the host knows no way to this VM's qemu-ga: name its socket in the inventory (qemu-ga: PATH)");
            return;
        }

        var source = $"guest-info over {address.Name}";
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            Judge(said, blocked, await client.AskInfoAsync(address, linked.Token), source);
        }
        catch (OperationCanceledException)
        {
            Unproven(said, source, $"no answer within {Patience.TotalSeconds:0} s: qemu-ga may hang, or another program may hold its port");
        }
        catch (QemuGaException e)
        {
            Unproven(said, source, e.Message);
        }
    }

    private static string[]? Blocked(Observation said) => said.Facts
        .FirstOrDefault(f => f is { Scope: Scope.InForce, HasValue: true } && string.Equals(f.Name, QemuGaPractice.BlockFact, StringComparison.Ordinal))?
        .Value.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static void Judge(Observation said, string[] blocked, GuestInfo info, string source)
    {
        var disabled = info.IsEnabled.Where(c => !c.Value).Select(c => c.Key).Order(StringComparer.Ordinal).ToArray();
        said.Facts.Add(new Fact { Name = "disabled", Scope = Scope.InForce, Value = string.Join(',', disabled), Source = source });
        var enabled = blocked.Where(b => info.IsEnabled.GetValueOrDefault(b)).ToArray();
        if (enabled.Length > 0)
        {
            said.Verdict = Verdict.Failed;
            said.Reason = $"qemu-ga itself says that it carries out {string.Join(", ", enabled)} (guest-info), although the agent says that its process blocks {(enabled.Length == 1 ? "it" : "them")}";
        }
        else if (blocked.Where(b => !info.IsEnabled.ContainsKey(b)).ToArray() is { Length: > 0 } unknown)
        {
            said.Verdict = Verdict.Configured;
            said.Reason = $"not proven: qemu-ga does not name {TerminalText.Escape(string.Join(", ", unknown), 300)} among its commands (guest-info)";
        }
        else if (info.IsEnabled.All(c => !c.Value || FreezeSafe.Contains(c.Key, StringComparer.Ordinal)) && disabled.Except(blocked, StringComparer.Ordinal).Any())
        {
            // Then any list would look as if it worked.
            said.Verdict = Verdict.Configured;
            said.Reason = "not proven: qemu-ga carries out nothing but what it does while file systems are frozen; look again after the snapshot";
        }
        else
        {
            said.Verdict = Verdict.Effective;
            said.Reason = $"qemu-ga itself says that {(blocked.Length == 1 ? $"{blocked[0]} is" : $"all {blocked.Length} blocked commands are")} disabled (guest-info)";
        }
    }

    private static void Unproven(Observation said, string source, string problem)
    {
        said.Verdict = Verdict.Configured;
        said.Facts.Add(new Fact { Name = "disabled", Scope = Scope.InForce, Source = source, Problem = problem });
        said.Reason += $" ({problem})";
    }
}
