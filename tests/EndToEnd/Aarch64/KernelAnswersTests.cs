using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Aarch64;

/// <summary>What Debian's AArch64 kernel says to the arguments of the practices, so that the tree which tests are given stays true.</summary>
public sealed class KernelAnswersTests
{
    [Fact]
    public async Task Boot_ArgumentsThatDebiansKernelLacks_RefusesOneAndKeepsSilentOfTheOthers()
    {
        Prerequisites.SkipIfAarch64Missing();

        var record = await Aarch64Guest.BootAsync("arm_pvspin cpuidle_haltpoll.force=Y haltpoll.enable=Y");

        Assert.Equal("aarch64", record.ReadText("proc/sys/kernel/arch").Trim());
        Assert.EndsWith("arm_pvspin cpuidle_haltpoll.force=Y haltpoll.enable=Y", record.ReadText("proc/cmdline").Trim(), StringComparison.Ordinal);
        Assert.Equal(
            "Unknown kernel command line parameters \"arm_pvspin\", will be passed to user space.",
            Assert.Single(record.KernelMessages, m => m.StartsWith("Unknown kernel", StringComparison.Ordinal)));
        Assert.DoesNotContain(record.KernelMessages, m => m.StartsWith("arm-pv:", StringComparison.Ordinal));
        Assert.Equal("none", record.ReadText("sys/devices/system/cpu/cpuidle/current_driver").Trim());
        Assert.DoesNotContain("haltpoll", record.ReadText("sys/devices/system/cpu/cpuidle/available_governors"), StringComparison.Ordinal);
    }
}
