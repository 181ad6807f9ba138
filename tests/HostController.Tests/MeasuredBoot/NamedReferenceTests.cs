using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Predictions and baselines that the operator names: they count where the VM was once started like that, and not otherwise.</summary>
public sealed class NamedReferenceTests : IAsyncLifetime
{
    private MeasuredVms _vms = null!;
    private GrubGuest _guest = null!;

    public async ValueTask InitializeAsync()
    {
        _vms = await MeasuredVms.StartAsync("vm1");
        _guest = new GrubGuest(_vms, "vm1");
        _guest.Start();
        await SaveAsync();
    }

    public ValueTask DisposeAsync() => _vms.DisposeAsync();

    [Fact]
    public async Task Check_NamedBaselineOfTheSameBootChain_IsEqualByPrediction()
    {
        await SaveAsync("--name", "gold", "--pcr", "0-7,9");
        await SetAsync("nohz=off", "op1");
        _guest.Start();
        await SaveAsync("--name", "tuned");
        await SetAsync("audit=0", "op2");

        Assert.Equal((0, "vm1: proven equal to the baseline 'gold' with GuestTune's change op1 (+nohz=off) (9 registers)\n"), await CheckAsync("gold"));
        Assert.Equal((0, "vm1: proven equal to the baseline 'tuned' (14 registers)\n"), await CheckAsync("tuned"));
        _guest.Start();
        Assert.Equal((0, "vm1: proven equal to the baseline 'gold' with GuestTune's change op2 (+audit=0) (9 registers)\n"), await CheckAsync("gold"));
        Assert.Equal((0, "vm1: proven equal to the baseline 'tuned' with GuestTune's change op2 (+audit=0) (14 registers)\n"), await CheckAsync("tuned"));
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with GuestTune's change op2 (+audit=0) (14 registers)\n"), await CheckAsync("baseline"));
        _guest.Extra = "insmod other";
        _guest.Start();
        Assert.Equal((1, "vm1: differs from the baseline 'tuned' with GuestTune's change op2 (+audit=0): PCR 8\n"), await CheckAsync("tuned"));
    }

    [Fact]
    public async Task Check_NamedBaselineOfAnotherBootChain_DiffersAsAnyOther()
    {
        _guest.Extra = "insmod other";
        _guest.Start();
        await SaveAsync("--name", "other");
        _guest.Extra = null;
        _guest.Start();
        await SetAsync("nohz=off", "op1");
        _guest.Start();

        Assert.Equal((1, "vm1: differs from the baseline 'other': PCR 8, 9\n"), await CheckAsync("other"));
        Assert.Equal(0, (await CheckAsync("baseline")).ExitCode);
    }

    [Fact]
    public async Task Check_NamedBaselineOfAChangeThatWasUndone_HasNothingThatFollowsFromIt()
    {
        await SetAsync("nohz=off", "op1");
        _guest.Start();
        await SaveAsync("--name", "tuned");
        await _vms.RunAsync("undo", "vm1", "--operation-id", "op2");
        _guest.Start();
        await SetAsync("audit=0", "op3");
        _guest.Start();

        Assert.Equal((1, "vm1: differs from the baseline 'tuned': PCR 8, 9\n"), await CheckAsync("tuned"));
        Assert.Equal(0, (await CheckAsync("baseline")).ExitCode);
    }

    private async Task SaveAsync(params string[] options) => Assert.Equal(0, (await _vms.RunAsync(["pcr", "baseline", "save", "vm1", .. options])).ExitCode);

    private async Task SetAsync(string argument, string operation) =>
        Assert.Contains("measured boot: predicted: ", (await _vms.RunAsync("set", "kernel-arguments", "vm1", "--argument", argument, "--operation-id", operation)).Out, StringComparison.Ordinal);

    private async Task<(int ExitCode, string Text)> CheckAsync(string against)
    {
        var (code, output, error) = await _vms.RunAsync("pcr", "check", "vm1", "--against", against);
        return (code, code == 0 ? output : error);
    }
}
