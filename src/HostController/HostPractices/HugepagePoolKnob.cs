using System.Globalization;
using GuestTune.Practices;

namespace GuestTune.Controller.HostPractices;

/// <summary>The size of a pool: the kernel takes any number without an error, and gives as many pages as it finds.</summary>
internal sealed class HugepagePoolKnob(HugepagePool pool, IKnob file) : IKnob
{
    public KnobReading Read() => file.Read();

    public bool AreEqual(string? left, string? right) => file.AreEqual(left, right);

    public void Write(string? value)
    {
        file.Write(value);
        var given = file.Read().Value;
        if (Number(value) is { } asked && Number(given) is { } has && has != asked)
        {
            throw new IOException(has < asked
                ? $"of {asked} pages of {HugepagePool.NameOf(pool.PageSizeKiB)} the kernel gave {has} ({pool.CountPath}): no more memory is free in such pieces. Ask for less, free memory, "
                    + $"or let the next boot reserve them before memory is used (hugepagesz={HugepagePool.NameOf(pool.PageSizeKiB)} hugepages={asked} on the kernel command line)"
                : $"of the pool {has} pages are left instead of {asked} ({pool.CountPath}): they are in use; stop the VMs that have them first");
        }
    }

    private static ulong? Number(string? text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
