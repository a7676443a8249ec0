#!/bin/sh
# Golub in one command, on a Debian 12 with nothing but git:  sh contrib/try.sh
# It builds the program, starts a private IMAP server with some mail, syncs it to a Maildir, changes both sides, syncs again
# and says what happened. The Maildir stays for a look; nothing keeps running.
#     sh contrib/try.sh --mine    asks about your own account, writes ~/.config/golub/golub.conf and runs `golub check`
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

jobs=$(nproc 2>/dev/null || echo 2)
golub=$top/build/release/config/golub

usage() {
    sed -n '2,5s/^# \{0,1\}//p' "$0"
}

build() {
    mkdir -p "$top/build"
    # shellcheck disable=SC2086 # lists of words
    install_missing "$top/build/install.log" $build_packages "$@"
    build_preset release "$jobs" golub
}

# Ask until there is an answer: ask "question" "default"
ask() {
    answer=
    while [ -z "$answer" ]; do
        if [ -n "${2:-}" ]; then
            printf '%s [%s] ' "$1" "$2" >&2
        else
            printf '%s ' "$1" >&2
        fi
        read -r answer || fail "
No answer: nothing was written."
        [ -n "$answer" ] || answer=${2:-}
    done
    printf '%s' "$answer"
}

# A value as the configuration's parser reads it back: backslash, quote and dollar mean something inside "..."
quoted() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"$]/\\&/g')"
}

# shellcheck disable=SC2088 # the tilde is golub's to expand
mine() {
    build
    conf=${XDG_CONFIG_HOME:-$HOME/.config}/golub/golub.conf
    if [ -e "$conf" ]; then
        reply=$(ask "$conf exists. Replace it (the old one is kept beside it)? y/n" n)
        case $reply in
        y | Y | yes) ;;
        *)
            say "It stays as it is."
            exec "$golub" check
            ;;
        esac
    fi
    say "Four questions; the answers go to $conf and nowhere else."
    server=$(ask "IMAP server (imap.example.org), or pop3s://HOST to pull from a POP server:")
    case $server in
    imap://* | imaps://* | pop3://* | pop3s://*) ;;
    *) server=imaps://$server ;;
    esac
    user=$(ask "User name there:" "$(id -un)")
    say "A command that prints the password, for example   pass show mail   or   secret-tool lookup account mail"
    command=$(ask "Password command:")
    maildir=$(ask "Maildir to keep it in:" "~/Mail/${user%%@*}")
    mkdir -p "$(dirname "$conf")"
    case $maildir in
    "~/"*) parent=$(dirname "$HOME/${maildir#"~/"}") ;;
    *) parent=$(dirname "$maildir") ;;
    esac
    [ -d "$parent" ] || (umask 077 && mkdir -p "$parent")
    new=$conf.new.$$
    (
        umask 077
        cat >"$new" <<C
account "mail" {
    server           = $(quoted "$server")
    user             = $(quoted "$user")
    password-command = $(quoted "$command")
    maildir          = $(quoted "$maildir")
}
C
    )
    if [ -e "$conf" ]; then
        old=$conf.$(date +%Y%m%d-%H%M%S)
        mv "$conf" "$old"
        say "The old configuration is now $old"
    fi
    mv "$new" "$conf"
    say "Written: $conf"
    say "Now: $golub check"
    "$golub" check || return $?
    say "That looks well. The next command is:  $golub sync"
}

case ${1:-} in
"")
    # shellcheck disable=SC2086
    build $server_packages
    exec python3 -B "$top/tests/rig/tour.py" "$golub"
    ;;
--mine) mine ;;
-h | --help) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac
