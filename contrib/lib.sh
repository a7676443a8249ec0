# Shared by try.sh and check.sh: plain words, packages, builds. POSIX sh; sourced, not run.
# The caller has set `top` to the root of the tree.
# shellcheck shell=dash disable=SC2034,SC2154 # names shared with the callers

build_packages="build-essential cmake ninja-build pkg-config libetpan-dev libssl-dev libsqlite3-dev libconfuse-dev
 libjansson-dev zlib1g-dev libcmocka-dev libsasl2-dev libsasl2-modules ca-certificates"
server_packages="dovecot-imapd openssl python3"
test_packages="strace dovecot-pop3d isync offlineimap3 getmail6 mpop fetchmail neomutt iproute2 man-db zsh fish
 notmuch maildir-utils pass jq aerc"
deb_packages="debhelper dpkg-dev python3"
fuzz_packages="clang libclang-rt-14-dev"

policy=/usr/sbin/policy-rc.d
policy_is_ours=

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Run as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Names of those arguments that are Debian packages and not installed here.
missing_packages() {
    for package; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
        "install ok installed") ;;
        *) printf ' %s' "$package" ;;
        esac
    done
}

# While packages are installed no service may start: Debian would put a Dovecot of its own on port 143.
hold_services() {
    [ -e "$policy" ] && return
    printf '#!/bin/sh\nexit 101\n' | as_root sh -c "cat >$policy && chmod 755 $policy" && policy_is_ours=yes
}

release_services() {
    [ -n "$policy_is_ours" ] || return 0
    as_root rm -f "$policy"
    policy_is_ours=
}

# Install what is missing of the packages named, after saying so. $1: a file for apt-get's own words
install_missing() {
    install_log=$1
    shift
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
        say "No apt-get here: I take it that the equivalents of these are installed: $*"
        return
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    say "Some packages are missing. As root I will run:"
    say "    apt-get update"
    say "    apt-get install --no-install-recommends$missing"
    case $missing in
    *dovecot*) say "Dovecot is only used privately by this script: the system's own service is not started, now or at boot." ;;
    esac
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
        fail "I am not root and there is no sudo. Install those packages and start me again."
    fi
    trap 'release_services; exit 1' HUP INT TERM
    hold_services
    say "Installing (a minute or two) ..."
    status=0
    # shellcheck disable=SC2086 # a list of words
    { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing; } \
        >"$install_log" 2>&1 </dev/null || status=$?
    release_services
    trap - HUP INT TERM
    if [ "$status" != 0 ]; then
        tail -n 25 "$install_log" >&2
        fail "apt-get failed with $status; all it said is in $install_log"
    fi
    case $missing in
    *dovecot*)
        # A policy of the machine's own may have let it start.
        as_root service dovecot stop >>"$install_log" 2>&1 </dev/null || true
        as_root update-rc.d dovecot disable >>"$install_log" 2>&1 </dev/null ||
            say "(Could not switch Dovecot's service off for the next boot: see $install_log)"
        ;;
    esac
}

# Configure a preset and build: build_preset PRESET JOBS [TARGET]. Quiet unless it fails.
build_preset() {
    build_log=$top/build/$1.log
    mkdir -p "$top/build"
    say "Building build/$1 ..."
    # A tree that was configured under another path, or by another cmake, is configured anew.
    if ! (cd "$top" && { cmake --preset "$1" || cmake --fresh --preset "$1"; }) >"$build_log" 2>&1 </dev/null ||
        ! (cd "$top" && cmake --build --preset "$1" -j "$2" ${3:+--target $3}) >>"$build_log" 2>&1 </dev/null; then
        grep -A 12 -E '(error|Error): |^CMake Error|^FAILED' "$build_log" | head -n 60 >&2
        tail -n 5 "$build_log" >&2
        fail "The build failed; all it said is in $build_log"
    fi
}
