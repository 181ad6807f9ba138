using System.Text;

namespace GuestTune.Controller.Cli.Completion;

/// <summary>The completion script of zsh, made as the one of bash.</summary>
internal static class ZshCompletion
{
    public static string Write(CompletionModel model)
    {
        var script = new StringBuilder("""
            #compdef guesttune
            # zsh completion of guesttune; written by 'guesttune completion zsh'

            _guesttune() {
                local current="${words[CURRENT]}" previous="${words[CURRENT-1]}"
                local command="" word vms="" i
                local -a sources options commands names
                for ((i = 2; i < CURRENT; i++)); do
                    word="${words[i]}"

            """);
        BashCompletion.Case(script, "        ", "$word", model.Options.Select(o => (
            string.Join("|", o.Names),
            o.SelectsVms ? "sources+=(\"$word\" \"${words[i+1]}\"); ((i++)); continue" : "((i++)); continue"))
            .Concat(model.Options.Where(o => o.SelectsVms).Select(o => ($"{o.Names[0]}=*", "sources+=(\"$word\"); continue"))));
        BashCompletion.Case(script, "        ", "$command/$word", model.Commands.Where(c => c.Path.Length > 0).Select(c => (
            $"\"{BashCompletion.Parent(c.Path)}/{BashCompletion.Last(c.Path)}\"", $"command=\"{c.Path}\"")));
        script.Append("    done\n");
        BashCompletion.Case(script, "    ", "$previous", model.Options.Select(o => (
            string.Join("|", o.Names),
            o.IsFile ? "_files; return"
                : o.Values.Count > 0 ? $"compadd -- {string.Join(' ', o.Values)}; return"
                : "return")));
        BashCompletion.Case(script, "    ", "$command", model.Commands.Select(c => (
            $"\"{c.Path}\"",
            $"commands=({string.Join(' ', c.Subcommands)}); options=({string.Join(' ', c.Options)}){(c.TakesVms ? "; vms=yes" : "")}")));
        script.Append("""
                if [[ $current == -* ]]; then
                    compadd -- $options
                elif (( ${#commands} )); then
                    compadd -- $commands
                elif [[ -n $vms ]]; then
                    names=("${(@f)$("${words[1]}" complete-vms "${sources[@]}" 2>/dev/null)}")
                    compadd -- $names
                fi
            }

            _guesttune "$@"

            """);
        return script.ToString();
    }
}
