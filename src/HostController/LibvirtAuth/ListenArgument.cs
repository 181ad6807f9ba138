namespace GuestTune.Controller.LibvirtAuth;

/// <summary>The --listen of libvirtd among its arguments in an environment file.</summary>
internal static class ListenArgument
{
    private const string Long = "--listen";

    public static bool IsIn(string? arguments) => Words(arguments).Any(static w => w is Long or "-l");

    /// <summary>With quotes, as an environment file has it.</summary>
    public static string AddTo(string? arguments) => IsIn(arguments) ? arguments! : $"\"{string.Join(' ', [.. Words(arguments), Long])}\"";

    public static string RemoveFrom(string? arguments) => $"\"{string.Join(' ', Words(arguments).Where(static w => w is not (Long or "-l")))}\"";

    private static string[] Words(string? arguments) => ConfigText.Plain(arguments)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
