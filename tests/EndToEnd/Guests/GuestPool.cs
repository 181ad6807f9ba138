using GuestTune.Testing;

namespace GuestTune.EndToEnd.Guests;

/// <summary>The guests that tests share: each boots when the first test asks for it, and ends with the test run.</summary>
public sealed class GuestPool : IAsyncLifetime
{
    private readonly Lazy<Task<Guest>> _first = Boot(new TestVmOptions { Name = "vm1", HasDisk = true });
    private readonly Lazy<Task<Guest>> _second = Boot(new TestVmOptions { Name = "vm2", HasPortLinks = false });
    private readonly Lazy<Task<Guest>> _plain = Boot(new TestVmOptions { Name = "plain", Kernel = KernelFlavour.WithoutHaltpoll });

    /// <summary>A kernel with haltpoll, and a disk below the agent's state.</summary>
    public Task<Guest> FirstAsync() => GetAsync(_first);

    /// <summary>A kernel with haltpoll; no disk, and no links to ports by name.</summary>
    public Task<Guest> SecondAsync() => GetAsync(_second);

    /// <summary>A kernel without haltpoll.</summary>
    public Task<Guest> PlainAsync() => GetAsync(_plain);

    /// <summary>A guest that only one test has.</summary>
    public static async Task<Guest> BootOwnAsync(TestVmOptions options)
    {
        Prerequisites.SkipIfMissing();
        return new Guest(await TestVm.BootAsync(options));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var guest in new[] { _first, _second, _plain }.Where(g => g.IsValueCreated && g.Value.IsCompletedSuccessfully))
        {
            await (await guest.Value).DisposeAsync();
        }
    }

    private static Lazy<Task<Guest>> Boot(TestVmOptions options) => new(async () => new Guest(await TestVm.BootAsync(options)));

    private static Task<Guest> GetAsync(Lazy<Task<Guest>> guest)
    {
        Prerequisites.SkipIfMissing();
        return guest.Value;
    }
}
