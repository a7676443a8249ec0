# bash completion for golub. Commands, options and what an option takes come from `golub help`, accounts, mailboxes and lists that are held from
# `golub status --json`, which reads the journal and does not connect. `cmake --install` puts it where bash-completion looks for it;
# without that package: source it.

# The words of the line up to the cursor, whole where readline breaks them at = and :, as they were typed.
_golub_words() {
    local rest=$COMP_LINE after=${COMP_LINE:COMP_POINT} gap word i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        gap=${rest%%[![:blank:]]*}
        rest=${rest#"$gap"}
        rest=${rest#"$word"}
        if ((i > 0)) && [[ -z $gap ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
    done
    words[${#words[@]} - 1]=${words[${#words[@]} - 1]%"${after%%[[:blank:]]*}"}
}

# What the shell would make of a word, as far as names and files need it.
_golub_plain() {
    local word=$1
    case $word in
    \'*) word=${word#\'} word=${word%\'} ;;
    \"*)
        word=${word#\"} word=${word%\"}
        word=${word//\\\\/$'\1'} word=${word//\\\"/\"} word=${word//\\\$/\$} word=${word//\\\`/\`} word=${word//$'\1'/\\}
        ;;
    *) word=${word//\\/} ;;
    esac
    printf '%s' "$word"
}

# A name as it has to stand behind the quote that the word begins with. Servers make names up: what would be a command of the shell is none.
_golub_quoted() {
    local name=$1
    case $current in
    \'*) name=${name//\'/\'\\\'\'} ;;
    \"*) name=${name//\\/\\\\} name=${name//\"/\\\"} name=${name//\$/\\\$} name=${name//\`/\\\`} ;;
    esac
    printf '%s' "$name"
}

# Offer those lines of standard input that begin as the word does.
_golub_offer() {
    local line breaks=
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
    while IFS= read -r line; do
        [[ $line == "$value"* ]] || continue
        if [[ $current != [\"\']* ]]; then
            printf -v line '%s%q' "$stem" "$line"
            [[ -n $breaks && $current == *[$breaks]* ]] && line=${line#"${current%"${current##*[$breaks]}"}"}
        else
            line=$(_golub_quoted "$line")
        fi
        COMPREPLY+=("$line")
    done
}

_golub_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$value")
}

# What stands in one place of the JSON lines of status: _golub_told EVENT FIELD [ACCOUNT]
_golub_told() {
    "$program" ${config:+-c "$config"} status --json ${3+"$3"} 2>/dev/null </dev/null |
        sed -nE 's/^\{"v":1,"event":"'"$1"'",(.*,)?"'"$2"'":"(([^"\\]|\\["\\\/])*)".*/\2/p' | sed -E 's/\\(.)/\1/g' | sort -u
}

_golub_names() {
    local account
    if [[ $usage == *ACCOUNT\[/MAILBOX\]* && $value == */* ]]; then
        account=${value%%/*}
        _golub_told mailbox mailbox "$account" | sed "s|^|${account//[&|\\]/\\&}/|"
    else
        _golub_told status account
    fi
}

# The value of an option: what the help shows behind it, such as FILE or imap|pop.
_golub_value() {
    case $1:$2 in
    *:FILE | *:PATH) _golub_files -f ;;
    *:DIR) _golub_files -d ;;
    *:ACCOUNT) _golub_offer < <(_golub_told status account) ;;
    *:MAILBOX) _golub_offer < <(_golub_told mailbox mailbox ${account:+"${account%%/*}"}) ;;
    *:ID) _golub_offer < <(_golub_told held id) ;;
    --from:*) _golub_offer < <(printf '%s\n' mbsync offlineimap) ;;
    --secret:*) _golub_offer < <(printf '%s\n' secret-tool pass file) ;;
    --adopt-as:*) _golub_offer < <(printf '%s\n' getmail mpop fetchmail) ;;
    *) _golub_offer < <(tr '|' '\n' <<<"$2" | grep -v '[A-Z]') ;;
    esac
}

# What each option takes, as a help shows it, into `takes`; `either`: that depends on the command.
_golub_takes() {
    local option value
    takes=() either=()
    while IFS=' ' read -r option value; do
        takes[$option]=$value
    done < <(sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+)(\[=|=| )([^] ]+)\]?( .*)?$/\2 \3\4/p' <<<"$1")
    while read -r option; do
        [[ -n ${takes[$option]} ]] && either[$option]=1
    done < <(sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+)  .*/\2/p' <<<"$1")
    takes[-c]=${takes[--config]}
}

_golub() {
    local words current value stem='' program config='' help usage='' command='' account='' option='' word next i
    local -A takes=() either=()
    COMPREPLY=()
    _golub_words
    program=$(_golub_plain "${words[0]}")
    program=${program/#\~/$HOME}
    type "$program" >/dev/null 2>&1 || return
    help=$("$program" help 2>/dev/null </dev/null) || return
    _golub_takes "$help"
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=$(_golub_plain "${words[i]}")
        if [[ -n $option ]]; then
            [[ $option == -c || $option == --config ]] && config=${word/#\~/$HOME}
            option=
        elif [[ $word == --config=* ]]; then
            config=${word#*=} config=${config/#\~/$HOME}
        elif [[ $word == -* ]]; then
            [[ -n ${takes[$word]} && ${takes[$word]} != [\[=]* ]] && option=$word
            next=${words[i + 1]}
            if [[ -n ${either[$word]} ]]; then # a value, unless the command comes next
                ((i + 2 == ${#words[@]})) && option=
                [[ $next =~ ^[a-z]+$ ]] && grep -Eq "^(usage:)? +golub \\[?$next\\]? " <<<"$help" && option=
            fi
        elif [[ -z $command ]]; then
            command=$word
            [[ $command != help ]] && _golub_takes "$("$program" help "$command" 2>/dev/null </dev/null)"
        else
            [[ -n $account ]] || account=$word
        fi
    done
    current=${words[${#words[@]} - 1]}
    value=$(_golub_plain "$current")
    if [[ -n $option ]]; then
        _golub_value "$option" "${takes[$option]}"
    elif [[ $value == --*=* ]]; then
        word=${value%%=*} stem=${value%%=*}= value=${value#*=}
        _golub_value "$word" "${takes[$word]#\[=}"
    elif [[ $value == -* ]]; then
        [[ -n $command && $command != help ]] && help=$("$program" help "$command" 2>/dev/null </dev/null)
        _golub_offer < <(sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+).*/\2/p' <<<"$help")
    elif [[ -z $command || ($command == help && -z $account) ]]; then
        _golub_offer < <(sed -nE 's/^(usage:)? +golub \[?([a-z]+)\]? .*/\2/p' <<<"$help")
    else
        usage=$("$program" help "$command" 2>/dev/null </dev/null | sed -n '/^usage/p')
        if [[ $usage == *ACCOUNT* && ($command != restore || -z $account) ]]; then
            _golub_offer < <(_golub_names)
        elif [[ $command == restore && " ${words[*]} " == *" --altered "* ]]; then
            _golub_files -f
        fi
    fi
}

complete -F _golub golub
