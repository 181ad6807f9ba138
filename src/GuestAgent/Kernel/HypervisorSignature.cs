using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace GuestTune.Agent.Kernel;

/// <summary>What the hypervisor says about itself in CPUID, as the guest's kernel asks it (arch/x86/kernel/kvm.c, Documentation/virt/kvm/x86/cpuid.rst).</summary>
/// <param name="Name">Twelve characters, e.g. KVMKVMKVM or TCGTCGTCGTCG; empty where no hypervisor shows itself.</param>
/// <param name="HasRealtimeHint">KVM_HINTS_REALTIME, which libvirt calls hint-dedicated.</param>
/// <param name="HasPollControl">KVM_FEATURE_POLL_CONTROL: the guest can ask the host not to poll, too.</param>
internal sealed record HypervisorSignature(string Name, bool IsKvm, bool HasRealtimeHint, bool HasPollControl)
{
    private const int FirstBase = 0x40000000;
    private const int LastBase = 0x40010000;
    private const int BaseStep = 0x100;
    private const string KvmName = "KVMKVMKVM";

    public static HypervisorSignature None { get; } = new(string.Empty, false, false, false);

    /// <returns>Null where a program in user space cannot know, as on AArch64.</returns>
    public static HypervisorSignature? Probe()
    {
        if (!X86Base.IsSupported)
        {
            return null;
        }

        if ((X86Base.CpuId(1, 0).Ecx & (1 << 31)) == 0)
        {
            return None;
        }

        // KVM may stand behind another signature, e.g. Hyper-V's at the first base.
        var first = ReadName(FirstBase);
        for (var leaf = FirstBase; leaf < LastBase; leaf += BaseStep)
        {
            if (string.Equals(ReadName(leaf), KvmName, StringComparison.Ordinal))
            {
                var (features, _, _, hints) = X86Base.CpuId(leaf + 1, 0);
                return new HypervisorSignature(KvmName, true, (hints & 1) != 0, (features & (1 << 12)) != 0);
            }
        }

        return new HypervisorSignature(first, false, false, false);
    }

    private static string ReadName(int leaf)
    {
        var (_, ebx, ecx, edx) = X86Base.CpuId(leaf, 0);
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, ebx);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], ecx);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], edx);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is not 0 and (< 0x20 or > 0x7e))
            {
                return string.Empty;
            }
        }

        return Encoding.ASCII.GetString(bytes).TrimEnd('\0');
    }
}
