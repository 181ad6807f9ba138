using System.Text;

namespace GuestTune.Controller.Cli.Completion;

/// <summary>
/// The completion script of bash. Commands and options are in the script, so that they cost no process; only names of
/// VMs call the program back.
/// </summary>
internal static class BashCompletion
{
    // bash makes three words of --option=value (COMP_WORDBREAKS).
    private const string AfterEquals = "[[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ";

    public static string Write(CompletionModel model)
    {
        var script = new StringBuilder("""
            # bash completion of guesttune; written by 'guesttune completion bash'

            _guesttune() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                local command="" word options="" commands="" vms="" i
                local -a sources=()
                COMPREPLY=()
                for ((i = 1; i < COMP_CWORD; i++)); do
                    word="${COMP_WORDS[i]}"

            """);
        Case(script, "        ", "$word", model.Options.Select(o => (
            string.Join("|", o.Names),
            $"{AfterEquals}{(o.SelectsVms ? "sources+=(\"$word\" \"${COMP_WORDS[i+1]}\"); " : "")}((i++)); continue")));
        Case(script, "        ", "$command/$word", model.Commands.Where(c => c.Path.Length > 0).Select(c => ($"\"{Parent(c.Path)}/{Last(c.Path)}\"", $"command=\"{c.Path}\"")));
        script.Append("    done\n");
        Case(script, "    ", "$previous", model.Options.Select(o => (
            string.Join("|", o.Names),
            o.IsFile ? "COMPREPLY=($(compgen -f -- \"$current\")); return"
                : o.Values.Count > 0 ? $"COMPREPLY=($(compgen -W \"{string.Join(' ', o.Values)}\" -- \"$current\")); return"
                : "return")));
        Case(script, "    ", "$command", model.Commands.Select(c => (
            $"\"{c.Path}\"",
            $"commands=\"{string.Join(' ', c.Subcommands)}\"; options=\"{string.Join(' ', c.Options)}\"{(c.TakesVms ? "; vms=yes" : "")}")));
        script.Append("""
                if [[ $current == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$current"))
                elif [[ -n $commands ]]; then
                    COMPREPLY=($(compgen -W "$commands" -- "$current"))
                elif [[ -n $vms ]]; then
                    local name
                    while IFS= read -r name; do
                        [[ $name == "$current"* ]] && COMPREPLY+=("$(printf %q "$name")")
                    done < <("${COMP_WORDS[0]}" complete-vms "${sources[@]}" 2>/dev/null)
                fi
            }

            complete -F _guesttune guesttune

            """);
        return script.ToString();
    }

    internal static string Parent(string path) => path.LastIndexOf(' ') is >= 0 and var at ? path[..at] : "";

    internal static string Last(string path) => path[(path.LastIndexOf(' ') + 1)..];

    internal static void Case(StringBuilder script, string indent, string subject, IEnumerable<(string Pattern, string Body)> branches)
    {
        script.Append($"{indent}case \"{subject}\" in\n");
        foreach (var (pattern, body) in branches)
        {
            script.Append($"{indent}    {pattern}) {body} ;;\n");
        }

        script.Append($"{indent}esac\n");
    }
}
