using GuestTune.Agent.Systemd;

namespace GuestTune.Agent.QemuGa;

/// <summary>The lists in a qemu-ga.conf, or in what <c>qemu-ga --dump-conf</c> prints, which has the same form.</summary>
internal static class QemuGaConfig
{
    public const string DefaultPath = "/etc/qemu/qemu-ga.conf";

    private const string Section = "general";

    public static RpcLists Parse(string text)
    {
        // qemu-ga reads only one of the two keys, the older one where it is there (qga/main.c, config_load).
        var blocked = Find(text, "blacklist") ?? Find(text, "block-rpcs");
        var allowed = Find(text, "allow-rpcs");

        // --dump-conf prints an empty list where there is none.
        return new RpcLists(RpcLists.Split(blocked ?? string.Empty), string.IsNullOrEmpty(allowed) ? null : RpcLists.Split(allowed));
    }

    /// <summary>GKeyFile's escape for a blank at the beginning of a value.</summary>
    private static string? Find(string text, string key) => UnitFile.Values(text, Section, key).LastOrDefault()?.Replace(@"\s", " ", StringComparison.Ordinal);
}
