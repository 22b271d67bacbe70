namespace DebugInfoFetch.Cli.Completion;

/// <summary>What <c>dbgfetch completion SHELL</c> prints. Each script asks <c>dbgfetch __complete</c> with the words up to the cursor.</summary>
internal static class CompletionScripts
{
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script, for a shell of <see cref="Shells"/>.</summary>
    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        _ => Fish,
    };

    // bash splits words at COMP_WORDBREAKS (':', '=' and '>' among them), which stand inside of ours: the line is split at blanks instead,
    // and what bash believes to be typed already is cut off each candidate.
    private const string Bash = """
        # dbgfetch completion for bash:  source <(dbgfetch completion bash)
        _dbgfetch() {
            local line=${COMP_LINE:0:COMP_POINT} IFS=$' \t\n' candidate
            local -a words
            read -ra words <<<"$line"
            case $line in *[[:blank:]]) words+=('') ;; esac
            local word=${words[${#words[@]}-1]} current=${COMP_WORDS[COMP_CWORD]}
            case $current in [:=\>]*) current= ;; esac
            local typed=${word%"$current"}
            COMPREPLY=()
            while IFS= read -r candidate; do
                COMPREPLY+=("${candidate#"$typed"}")
            done < <(dbgfetch __complete -- "${words[@]:1}" 2>/dev/null)
            case ${COMPREPLY[0]-} in *[[:alnum:]_]) ;; *) compopt -o nospace 2>/dev/null ;; esac
        }
        complete -o default -F _dbgfetch dbgfetch

        """;

    private const string Zsh = """
        #compdef dbgfetch
        # dbgfetch completion for zsh:  source <(dbgfetch completion zsh)
        _dbgfetch() {
            local -a candidates
            candidates=("${(@f)$(dbgfetch __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            candidates=("${(@)candidates:#}")
            if (( ${#candidates} )); then compadd -Q -- "${(@)candidates}"; else _files; fi
        }
        if [ "$funcstack[1]" = _dbgfetch ]; then _dbgfetch "$@"; else compdef _dbgfetch dbgfetch; fi

        """;

    private const string Fish = """
        # dbgfetch completion for fish:  dbgfetch completion fish | source
        function __dbgfetch_complete
            set -l words (commandline -opc) (commandline -ct)
            dbgfetch __complete -- $words[2..-1] 2>/dev/null
        end
        complete -c dbgfetch -a '(__dbgfetch_complete)'

        """;
}
