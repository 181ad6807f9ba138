namespace GuestTune.Controller.LibvirtAuth;

/// <summary>How a configuration file writes <c>key SEPARATOR value</c>; <c>#</c> begins a comment in all of them.</summary>
/// <param name="LastCounts">Of a key that is there twice.</param>
/// <param name="ValueIsRestOfLine">Else it is a quoted text or one word, and a comment may follow.</param>
internal sealed record ConfigDialect(char Separator, bool LastCounts, bool ValueIsRestOfLine)
{
    /// <summary>libvirtd.conf and its kin (src/util/virconf.c): <c>auth_tcp = "sasl"</c>.</summary>
    public static ConfigDialect Libvirt { get; } = new('=', LastCounts: false, ValueIsRestOfLine: false);

    /// <summary>Files of Cyrus SASL (lib/config.c): <c>mech_list: scram-sha-256</c>.</summary>
    public static ConfigDialect Sasl { get; } = new(':', LastCounts: false, ValueIsRestOfLine: true);

    /// <summary>Environment files of systemd (systemd.exec(5)): <c>LIBVIRTD_ARGS="--listen"</c>.</summary>
    public static ConfigDialect Environment { get; } = new('=', LastCounts: true, ValueIsRestOfLine: true);

    public string Line(string key, string value) => Separator switch
    {
        ':' => $"{key}: {value}\n",
        _ when ValueIsRestOfLine => $"{key}={value}\n",
        _ => $"{key} = {value}\n",
    };
}
