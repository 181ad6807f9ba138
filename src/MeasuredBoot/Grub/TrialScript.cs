namespace GuestTune.MeasuredBoot.Grub;

/// <summary>
/// Our part of GRUB's custom.cfg: at the first boot it notes that the trial began, at later ones it takes the previous command line. What
/// others have in that file keeps its bytes. The agent writes it, and the host predicts what GRUB measures of it, so both have it from here.
/// </summary>
public static class TrialScript
{
    public const string Variable = "guesttune_trial";
    public const string Armed = "armed";
    public const string Tried = "tried";
    public const string FellBack = "fell-back";

    private const string EntryId = "guesttune-previous";
    private const string Begin = "### BEGIN guesttune boot trial of operation ";
    private const string End = "### END guesttune boot trial ###\n";

    /// <summary>At the end of the first line where the text before it had no end of its own.</summary>
    private const string Joined = " (joined)";

    /// <param name="text">Of custom.cfg, one char for each byte; empty where there is none.</param>
    /// <param name="isUnrestricted">A GRUB with a password would ask for it otherwise, and nobody is there to type it.</param>
    public static string Insert(string text, string operationId, string body, bool isUnrestricted)
    {
        var others = Remove(text);
        var isJoined = others.Length > 0 && others[^1] != '\n';
        return others + (isJoined ? "\n" : string.Empty) + Begin + operationId + (isJoined ? Joined : string.Empty) + " ###\n" + Script(body, Options(isUnrestricted)) + End;
    }

    /// <summary>The operation whose part it is; null where there is none.</summary>
    public static string? FindOperation(string text)
    {
        var start = text.IndexOf(Begin, StringComparison.Ordinal);
        return start < 0 ? null : text[(start + Begin.Length)..].Split([' ', '\n'], 2)[0];
    }

    public static string Remove(string text)
    {
        var start = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = start < 0 ? -1 : text.IndexOf(End, start, StringComparison.Ordinal);
        if (end < 0)
        {
            return text;
        }

        var firstLine = text[start..text.IndexOf('\n', start)];
        var isJoined = firstLine.EndsWith(Joined + " ###", StringComparison.Ordinal) && start > 0;
        return text[..(isJoined ? start - 1 : start)] + text[(end + End.Length)..];
    }

    private static string Options(bool isUnrestricted) => isUnrestricted ? "--unrestricted " : string.Empty;

    /// <summary>What GRUB measures of our part at the first boot after it was armed, in order, beside the read of the file itself.</summary>
    /// <param name="configDirectory">As GRUB names the directory of the file, e.g. <c>(hd0,gpt2)/grub</c>.</param>
    /// <param name="environment">The environment block, armed.</param>
    public static IReadOnlyList<GrubStep> FirstBoot(string configDirectory, string environment, string body, bool isUnrestricted) =>
        new GrubRun(environment, new Dictionary<string, string>(StringComparer.Ordinal) { ["config_directory"] = configDirectory })
            .Execute(Script(body, Options(isUnrestricted)));

    /// <summary>
    /// The block beside this file, whatever $prefix is. Entries stand in the file's end, so that numbers in GRUB_DEFAULT mean what they meant;
    /// and so does the script, since others in custom.cfg may set the default, too.
    /// </summary>
    private static string Script(string body, string options) => $$"""
        # guesttune-agent takes this away once the boot is confirmed.
        if [ -n "${config_directory}" ]; then
          set guesttune_env="${config_directory}/grubenv"
        else
          set guesttune_env="$prefix/grubenv"
        fi
        load_env --file "$guesttune_env" {{Variable}}
        if [ "${{{Variable}}}" = "{{Armed}}" ]; then
          set {{Variable}}={{Tried}}
          save_env --file "$guesttune_env" {{Variable}}
        elif [ "${{{Variable}}}" = "{{Tried}}" ]; then
          set {{Variable}}={{FellBack}}
          save_env --file "$guesttune_env" {{Variable}}
          set default={{EntryId}}
        elif [ "${{{Variable}}}" = "{{FellBack}}" ]; then
          set default={{EntryId}}
        fi
        menuentry 'Previous kernel command line (guesttune)' {{options}}--id {{EntryId}} {
        {{body}}
        }

        """;
}
