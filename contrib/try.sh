#!/bin/sh
# Golub in one command, on a Debian 12 with nothing but git:  sh contrib/try.sh
# It builds the program, starts a private IMAP server with some mail, syncs it to a Maildir, changes both sides, syncs again
# and says what happened. The Maildir stays for a look; nothing keeps running.
#     sh contrib/try.sh --mine    asks about your own account and writes it into ~/.config/golub/golub.conf: `golub init`
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

mine() {
    build
    exec "$golub" init
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
