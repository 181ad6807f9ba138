using GuestTune.HostController.Tests.Libvirt;
using GuestTune.PrivateLibvirts;

[assembly: AssemblyFixture(typeof(SharedLibvirt))]

namespace GuestTune.HostController.Tests.Libvirt;

/// <summary>One daemon for the tests that can share it: those of one collection, which run one after the other.</summary>
public sealed class SharedLibvirt : IDisposable
{
    public const string Collection = "libvirtd";

    private readonly Lazy<PrivateLibvirt> _libvirt = new(() => new PrivateLibvirt());

    /// <summary>Running and without domains, whatever the last test did to it: tests run in any order.</summary>
    public PrivateLibvirt Take()
    {
        Assert.SkipWhen(PrivateLibvirt.WhyNot is not null, PrivateLibvirt.WhyNot ?? "");
        _libvirt.Value.EnsureRunning();
        foreach (var name in _libvirt.Value.Virsh("list", "--all", "--name").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _libvirt.Value.Remove(name);
        }

        return _libvirt.Value;
    }

    public void Dispose()
    {
        if (_libvirt.IsValueCreated)
        {
            _libvirt.Value.Dispose();
        }
    }
}
