# bash completion for golub: commands, options, and the accounts of the configuration.
# Install as /usr/share/bash-completion/completions/golub, or source it.

_golub_accounts() {
    local file=${XDG_CONFIG_HOME:-$HOME/.config}/golub/golub.conf i beside=()
    for ((i = 1; i < ${#COMP_WORDS[@]} - 1; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config)
            file=${COMP_WORDS[i + 1]}
            [[ $file == '=' ]] && file=${COMP_WORDS[i + 2]}
            ;;
        esac
    done
    [[ -r ${file/#\~/$HOME} ]] || return
    [[ $file == */golub/golub.conf ]] && beside=("${file%golub.conf}"accounts.d/*.conf)
    sed -n "s/^[[:blank:]]*account[[:blank:]]*[\"']\{0,1\}\([^\"'{[:blank:]]*\).*/\1/p" "${file/#\~/$HOME}" "${beside[@]}" 2>/dev/null
}

_golub() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= i words
    COMPREPLY=()
    [[ $previous == '=' ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
    if [[ $previous == -c || $previous == --config || $previous == --adopt || $previous == --state ||
        $previous == --to-dir ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "${current#=}")
        return
    fi
    if [[ $previous == --adopt-as ]]; then
        mapfile -t COMPREPLY < <(compgen -W "getmail mpop fetchmail" -- "${current#=}")
        return
    fi
    if [[ $previous == --from ]]; then
        mapfile -t COMPREPLY < <(compgen -W "mbsync offlineimap" -- "${current#=}")
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        sync | import | status | check | adopt | restore | verify | watch)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    words="--config --quiet --verbose --json --help --version"
    case $command in
    '' | sync) words+=" --dry-run --pull --push --confirm-deletes --reject-deletes --confirm-additions --reject-additions --jobs --wait --no-progress" ;;
    import) words+=" --dry-run --confirm-deletes --reject-deletes --skip-existing --adopt --adopt-as --jobs --wait --no-progress" ;;
    adopt) words+=" --dry-run --from --state --wait" ;;
    restore) words+=" --dry-run --all --since --run --to --to-dir --altered --wait" ;;
    verify) words+=" --bytes --server --part --wait" ;;
    status) words+=" --max-age" ;;
    watch) words+=" --no-progress" ;;
    esac
    case $current in
    -*) ;;
    *)
        if [[ -n $command ]]; then
            words=$(_golub_accounts)
        else
            words="sync import status check adopt restore verify watch help"
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _golub golub
