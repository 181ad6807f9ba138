using System.Text.Json.Nodes;

namespace GuestTune.EndToEnd.Host;

/// <summary>guesttune on a host that systemd runs: its service in its sandbox, and devices that only a kernel with device-mapper and SCSI disks has.</summary>
public sealed class ControllerHostTests(ControllerHost host) : IClassFixture<ControllerHost>
{
    private const string Huge = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    private const string Values = $"cat {Huge} /sys/kernel/mm/transparent_hugepage/enabled /sys/devices/virtual/workqueue/cpumask";
    private const string BootFiles = "ls /etc/tmpfiles.d /etc/modprobe.d";

    [Fact]
    public async Task Plan_DeviceOfAVolume_IsRefusedWithTheVolumesName()
    {
        await host.ReadAsync("echo \"<node><domain type='test'><name>vm1</name><memory>8192</memory><os><type>hvm</type></os></domain></node>\" >/root/node.xml");
        await host.ReadAsync("modprobe scsi_debug dev_size_mb=8 && until [ -b /dev/sda ]; do sleep 0.1; done && udevadm settle");
        Task<string> PlanAsync(int exitCode, string device, string mode) => RunAsync(exitCode, "root", $"-c test:///root/node.xml vm set raw-device vm1 --disk sdx --device {device} --mode {mode} --dry-run");

        Assert.Contains("device=\"lun\"", await PlanAsync(0, "/dev/sda", "physical"), StringComparison.Ordinal);

        await host.ReadAsync("addpart /dev/sda 1 2048 8192 && udevadm settle && dmsetup create volume --table '0 4096 linear /dev/sda1 0'");
        Assert.Matches("/dev/sda \\(sda1\\) is used by dm-[0-9]+ \\(volume\\)", await PlanAsync(1, "/dev/sda", "physical"));
        Assert.Contains("/dev/mapper/volume is the device-mapper volume volume, not a SCSI disk", await PlanAsync(1, "/dev/mapper/volume", "physical"), StringComparison.Ordinal);
        Assert.Contains("/dev/vda (vda1) is mounted on /boot/efi", await PlanAsync(1, "/dev/vda", "virtual"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_UserOutsideTheGroup_IsToldAndNotServedByAnotherWay()
    {
        await host.ReadAsync("systemctl start guesttune");

        Assert.Contains("this user may not use it; be root or in the group", await RunAsync(4, ControllerHost.Stranger, "host status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_ByAMemberOfTheGroup_IsWrittenForNowAndForLaterBootsUntilUndone()
    {
        await host.ReadAsync("systemctl start guesttune");
        var before = await host.ReadAsync($"{Values}; {BootFiles}");
        string[] sets =
        [
            "transparent-hugepages --enabled madvise", "kworker-isolation --cpus 0-0 --persist", "static-hugepages --pages 2M=16 --persist",
        ];
        foreach (var set in sets)
        {
            await RunAsync(0, ControllerHost.Member, $"host set {set}");
        }

        Assert.Equal("16\nalways [madvise] never\n1", await host.ReadAsync(Values));
        await host.ReadAsync($"echo 0 >{Huge} && systemd-tmpfiles --create --prefix={Huge}");
        Assert.Equal("16", await host.ReadAsync($"cat {Huge}"));

        foreach (var _ in sets)
        {
            await RunAsync(0, ControllerHost.Member, "host undo");
        }

        Assert.Equal(before, await host.ReadAsync($"{Values}; {BootFiles}"));
    }

    [Fact]
    public async Task Sandbox_WhatNoPracticeWrites_IsReadOnlyForRootToo()
    {
        await host.ReadAsync("systemctl start guesttune");
        string[] barred =
        [
            "/proc/sys/kernel/core_pattern", "/proc/sys/vm/nr_hugepages", "/proc/sysrq-trigger", "/sys/kernel/mm/ksm/run", "/sys/fs/cgroup/cgroup.procs", "/etc/passwd",
            "/usr/bin/guesttune", "/boot/x", "/run/systemd/system/x.service", "/dev/shm/x", "/dev/hugepages/x", "/dev/x", "/var/lib/guesttune/journal",
        ];
        string[] open = [Huge, "/sys/devices/virtual/workqueue/cpumask", "/etc/tmpfiles.d/x", "/run/guesttune/x", $"{ControllerHost.State}/x"];

        // Opened to be appended to, and nothing written.
        var opened = await host.ReadAsync($"""
            pid=$(systemctl show -P MainPID guesttune)
            for file in {string.Join(' ', barred.Concat(open))}; do
                nsenter -t $pid -m sh -c ": >>$file" 2>/dev/null && echo $file
            done
            rm /etc/tmpfiles.d/x /run/guesttune/x {ControllerHost.State}/x
            """);

        Assert.Equal(open, opened.Split('\n'));
    }

    [Fact]
    public async Task Stop_CallInProgress_EndsByItselfAndInGoodOrder()
    {
        // Connections to it are made by the kernel, and nobody ever answers; it becomes "sleep" with the first.
        await host.ReadAsync(
            $"""
            set -e
            systemctl start guesttune
            systemd-run -q --unit=silent systemd-socket-activate -l {ControllerHost.SilentSocket} sleep infinity
            until [ -S {ControllerHost.SilentSocket} ]; do sleep 0.1; done
            systemd-run -q --unit=call guesttune ping {ControllerHost.SilentVm} --timeout 3600
            until [ "$(cat /proc/$(systemctl show -P MainPID silent)/comm)" = sleep ]; do sleep 0.1; done
            """);

        await host.ReadAsync("systemctl stop guesttune");

        Assert.Equal("success inactive", await host.ReadAsync("echo $(systemctl show --value -p ActiveState -p Result guesttune)"));
        await host.ReadAsync("while systemctl -q is-active call; do sleep 0.1; done; systemctl stop silent");
    }

    [Fact]
    public async Task Kill_InTheMiddleOfASet_IsStartedAgainAndTellsWhatBecameOfIt()
    {
        // What is written to the journal first waits for the file system, in state D.
        await host.ReadAsync(
            $"""
            set -e
            systemctl start guesttune
            pid=$(systemctl show -P MainPID guesttune)
            fsfreeze --freeze {ControllerHost.State}
            systemd-run -q --unit=set guesttune --controller unix:///run/guesttune/controller.sock host set static-hugepages --pages 2M=8 --operation-id killed
            waits() ( grep -q '^State:.D' /proc/$pid/task/*/status )
            until waits && sleep 1 && waits; do sleep 0.1; done
            kill -KILL $pid
            fsfreeze --unfreeze {ControllerHost.State}
            until [ "$(echo $(systemctl show --value -p ActiveState -p SubState guesttune))" = 'active running' ] && [ "$(systemctl show -P MainPID guesttune)" != $pid ]; do sleep 0.1; done
            while systemctl -q is-active set; do sleep 0.1; done
            """);

        var operations = JsonNode.Parse(await RunAsync(0, ControllerHost.Member, "host history -o json"))!["host"]!["operations"]!.AsArray();
        var killed = operations.SingleOrDefault(o => (string?)o!["id"] == "killed");
        Assert.Equal((string?)killed?["state"] == "done" ? "8" : "0", await host.ReadAsync($"cat {Huge}"));
        if (killed is not null && (string?)killed["state"] == "done")
        {
            await RunAsync(0, ControllerHost.Member, "host undo --operation killed");
        }
    }

    private async Task<string> RunAsync(int exitCode, string user, string arguments)
    {
        var run = await host.RunAsync(user, arguments);
        Assert.True(run.ExitCode == exitCode, $"'guesttune {arguments}' of {user} ended with {run.ExitCode} instead of {exitCode}.\n{run.Output}");
        return run.Output;
    }
}
