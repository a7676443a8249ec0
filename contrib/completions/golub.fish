# fish completion for golub. Commands, options and what an option takes come from `golub help`, accounts, mailboxes and lists that are held from
# `golub status --json`, which reads the journal and does not connect. It goes into a folder of $fish_complete_path.

# What stands in one place of the JSON lines of status: __golub_told PROGRAM CONFIG EVENT FIELD [ACCOUNT]
function __golub_told
    set -l config
    test -n "$argv[2]"; and set config -c $argv[2]
    $argv[1] $config status --json $argv[5..-1] 2>/dev/null </dev/null |
        sed -nE 's/^\{"v":1,"event":"'$argv[3]'",(.*,)?"'$argv[4]'":"(([^"\\\\]|\\\\["\\\\\/])*)".*/\2/p' | sed -E 's/\\\\(.)/\1/g' | sort -u
end

# The value of an option: what the help shows behind it, such as FILE or imap|pop: __golub_value PROGRAM CONFIG OPTION SHOWN VALUE ACCOUNT
function __golub_value
    switch $argv[3]:$argv[4]
        case '*:FILE' '*:PATH'
            __fish_complete_path $argv[5]
        case '*:DIR'
            __fish_complete_directories $argv[5]
        case '*:ACCOUNT'
            __golub_told $argv[1] $argv[2] status account
        case '*:MAILBOX'
            __golub_told $argv[1] $argv[2] mailbox mailbox (string replace -r '/.*' '' -- $argv[6])
        case '*:ID'
            __golub_told $argv[1] $argv[2] held id
        case '--from:*'
            printf '%s\n' mbsync offlineimap
        case '--secret:*'
            printf '%s\n' secret-tool pass file
        case '--adopt-as:*'
            printf '%s\n' getmail mpop fetchmail
        case '*'
            string split '|' -- $argv[4] | string match -rv '[A-Z]'
    end
end

function __golub_complete
    set -l words (commandline -opc)
    set -l value (string unescape -- (commandline -ct); or commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    type -q $program; or return
    set -l help ($program help 2>/dev/null </dev/null)
    set -l shown '^ +(?:-[a-zA-Z], )?(--[a-z-]+)(\[=| )([^\] ]+)\]?.*'
    set -l config ''
    set -l command ''
    set -l account ''
    set -l option ''
    set -l about $help # ... the command, once it is there
    for i in (seq 2 (count $words))
        set -l word $words[$i]
        if test -n "$option"
            contains -- $option -c --config; and set config (string replace -r '^~(?=/)' $HOME -- $word)
            set option ''
        else if string match -q -- '--config=*' $word
            set config (string replace -r '^--config=' '' -- $word | string replace -r '^~(?=/)' $HOME)
        else if string match -q -- '-*' $word
            test $word = -c; and set word --config
            string match -qr -- '^ +(-[a-zA-Z], )?'$word' [^ ]' $about; and set option $word
            # a value, unless the command comes next
            if string match -qr -- '^ +'$word'  ' $about
                set -l next $words[(math $i + 1)]
                test -z "$next"; or string match -qr -- '^(usage:)? +golub \[?'(string escape --style=regex -- $next)'\]? ' $about; and set option ''
            end
        else if test -z "$command"
            set command $word
            test $command = help; or set about ($program help $command 2>/dev/null </dev/null)
        else if test -z "$account"
            set account $word
        end
    end
    if test -n "$option"
        set -l takes (string match -r -- '^ +(?:-[a-zA-Z], )?'$option' ([^ ]+)' $about)[2]
        __golub_value $program "$config" $option "$takes" "$value" "$account"
    else if string match -qr -- '^--[a-z-]+=' $value
        set -l word (string replace -r '=.*' '' -- $value)
        set -l rest (string replace -r '^[^=]*=' '' -- $value)
        set -l takes (string match -r -- '^ +(?:-[a-zA-Z], )?'$word'(?:\[=| )([^\] ]+)' $about)[2]
        test -n "$takes"; and printf "$word=%s\n" (__golub_value $program "$config" $word "$takes" "$rest" "$account")
    else if string match -q -- '-*' $value
        test -n "$command" -a "$command" != help; and set help ($program help $command 2>/dev/null </dev/null)
        string replace -fr -- '^ +(?:-[a-zA-Z], )?(--[a-z-]+)[^ ]*(?: [^ ]+)?  +(.*)' '$1\t$2' $help
    else if test -z "$command"; or test "$command" = help -a -z "$account"
        string replace -fr -- '^(?:usage:)? +golub \[?([a-z]+)\]?.*? {2,}(.*)' '$1\t$2' $help
    else
        set -l usage (string match -- 'usage*' ($program help $command 2>/dev/null </dev/null))
        if string match -q -- '*ACCOUNT*' $usage; and test "$command" != restore -o -z "$account"
            if string match -q -- '*ACCOUNT[/MAILBOX]*' $usage; and string match -q -- '*/*' $value
                set -l word (string replace -r '/.*' '' -- $value)
                for mailbox in (__golub_told $program "$config" mailbox mailbox $word)
                    echo $word/$mailbox
                end
            else
                __golub_told $program "$config" status account
            end
        else if test "$command" = restore; and contains -- --altered $words
            __fish_complete_path $value
        end
    end
end

complete -c golub -f -a '(__golub_complete)'
