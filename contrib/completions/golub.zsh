#compdef golub
# zsh completion for golub. Commands, options and what an option takes come from `golub help`, accounts, mailboxes and lists that are held from
# `golub status --json`, which reads the journal and does not connect. It is a file _golub in a folder of $fpath.

# What stands in one place of the JSON lines of status: _golub_told EVENT FIELD [ACCOUNT]
_golub_told() {
    "$program" ${config:+-c} ${config:+"$config"} status --json ${3:+"$3"} 2>/dev/null </dev/null |
        sed -nE 's/^\{"v":1,"event":"'"$1"'",(.*,)?"'"$2"'":"(([^"\\]|\\["\\\/])*)".*/\2/p' | sed -E 's/\\(.)/\1/g' | sort -u
}

# Offer these names as they are; zsh quotes them.
_golub_offer() {
    compadd -- "${(@f)1}"
}

_golub_mailboxes() {
    local -a found
    found=("${(@f)$(_golub_told mailbox mailbox $1)}")
    compadd "${@:2}" -- "${(@)found:#}"
}

_golub_accounts() {
    local -a found
    found=("${(@f)$(_golub_told status account)}")
    compadd "$@" -- "${(@)found:#}"
}

# The value of an option: what the help shows behind it, such as FILE or imap|pop.
_golub_value() {
    local -a found
    case $1:$2 in
    *:(FILE|PATH)) _files ;;
    *:DIR) _files -/ ;;
    *:ACCOUNT) _golub_accounts ;;
    *:MAILBOX) _golub_mailboxes "${account%%/*}" ;;
    *:ID)
        found=("${(@f)$(_golub_told held id)}")
        compadd -- "${(@)found:#}"
        ;;
    --from:*) compadd -- mbsync offlineimap ;;
    --secret:*) compadd -- secret-tool pass file ;;
    --adopt-as:*) compadd -- getmail mpop fetchmail ;;
    *) compadd -- "${(@)${(@s:|:)2}:#*[A-Z]*}" ;;
    esac
}

# What each option takes, as a help shows it, into `takes`; `either`: that depends on the command.
_golub_takes() {
    local line
    takes=() either=()
    for line in "${(@f)1}"; do
        if [[ $line == (#b)' '##(-[a-zA-Z], )#(--[a-z-]##)(\[=| )([^\] ]##)* ]]; then
            takes[$match[2]]="${match[3]# }$match[4]"
        elif [[ $line == (#b)' '##(-[a-zA-Z], )#(--[a-z-]##)'  '* ]]; then
            either[$match[2]]=1
        fi
    done
    takes[-c]=$takes[--config]
}

_golub() {
    emulate -L zsh
    setopt extended_glob
    local program=${(Q)words[1]} config help usage command account option word value line
    local -A takes either
    local -i i
    local -a match mbegin mend found
    program=${program/#\~/$HOME}
    whence -- "$program" >/dev/null || return 1
    help=$("$program" help 2>/dev/null </dev/null) || return 1
    _golub_takes "$help"
    for ((i = 2; i < CURRENT; i++)); do
        word=${(Q)words[i]}
        if [[ -n $option ]]; then
            [[ $option == (-c|--config) ]] && config=${word/#\~/$HOME}
            option=
        elif [[ $word == --config=* ]]; then
            config=${${word#*=}/#\~/$HOME}
        elif [[ $word == -* ]]; then
            [[ -n $takes[$word] && $takes[$word] != '[='* ]] && option=$word
            # a value, unless the command comes next
            if [[ -n $either[$word] && (i+1 -eq CURRENT || -n ${(M)${(f)help}:#(usage:|)' '##golub' '(\[|)${words[i+1]}(\]|)' '*}) ]]; then
                option=
            fi
        elif [[ -z $command ]]; then
            command=$word
            [[ $command != help ]] && _golub_takes "$("$program" help "$command" 2>/dev/null </dev/null)"
        elif [[ -z $account ]]; then
            account=$word
        fi
    done
    value=${(Q)PREFIX}
    if [[ -n $option ]]; then
        _golub_value $option $takes[$option]
    elif compset -P '--[a-z-]##='; then
        word=${IPREFIX%=}
        _golub_value $word ${takes[$word]#\[=}
    elif [[ $value == -* ]]; then
        [[ -n $command && $command != help ]] && help=$("$program" help "$command" 2>/dev/null </dev/null)
        for line in "${(@f)help}"; do
            if [[ $line == (#b)' '##(-[a-zA-Z], )#(--[a-z-]##)([^ ]#)(' '[^ ]##)#' '##(*) ]]; then
                found+=("$match[2]:$match[5]")
            fi
        done
        _describe -o option found
    elif [[ -z $command || ($command == help && -z $account) ]]; then
        for line in "${(@f)help}"; do
            if [[ $line == (#b)(usage:|)' '##golub' '\[#([a-z]##)\]#' '*('  '|\.\.\.' ')(*) ]]; then
                found+=("$match[2]:${match[4]## #}")
            fi
        done
        _describe command found
    else
        usage=${(M)${(f)"$("$program" help "$command" 2>/dev/null </dev/null)"}:#usage*}
        if [[ $usage == *ACCOUNT* && ($command != restore || -z $account) ]]; then
            if [[ $usage == *'ACCOUNT[/MAILBOX]'* && $value == */* ]]; then
                word=${value%%/*}
                compset -P '*/' # what is before the first slash is the account; what follows is the whole name of a mailbox
                IPREFIX=${IPREFIX%%/*}/ PREFIX=${value#*/}
                _golub_mailboxes $word
            else
                _golub_accounts
            fi
        elif [[ $command == restore && $words[(I)--altered] -gt 0 ]]; then
            _files
        fi
    fi
}

_golub "$@"
