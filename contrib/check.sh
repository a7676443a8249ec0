#!/bin/sh
# What must hold before a change goes in:  sh contrib/check.sh
# Installs what is missing, builds with ASan and UBSan (warnings are errors) and the release, and runs the unit, simulation and system tests.
# With the release it runs 5,000 histories of the simulator, 2,000 imports and 700 of a watcher, plays a third of the table of bad answers, takes the newcomer's walk
# and leads it, in the short form, over those servers of other makes that are soon unpacked. Last it builds the program and the fuzzers with clang and runs each of
# those for 12 seconds. Exit status 0 only if all of it went well; a run must stay below half an hour on two cores.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

jobs=${GOLUB_JOBS:-2}

# gcc 12's sanitizers can't place their shadow memory where the kernel randomises addresses by more than 28 bits.
fixed_addresses=
bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)
if [ "$bits" -gt 28 ] && setarch "$(uname -m)" -R true 2>/dev/null; then
    fixed_addresses="setarch $(uname -m) -R"
fi

# run_tests PRESET JOBS CTEST-OPTIONS...  The last lines of each go to the end of the output too.
run_tests() {
    preset=$1
    at_once=$2
    shift 2
    # shellcheck disable=SC2086 # no word or three
    $fixed_addresses ctest --test-dir "$top/build/$preset" -j "$at_once" --output-on-failure --no-tests=error \
        -O "$top/build/$preset-tests.log" "$@" </dev/null
}

mkdir -p "$top/build"
# shellcheck disable=SC2086 # lists of words
install_missing "$top/build/install.log" $build_packages $server_packages $test_packages

# shellcheck disable=SC2086 # a list of words; another Debian calls it otherwise
(install_missing "$top/build/install-clang.log" $fuzz_packages) || true

# Debian's Courier and Cyrus can't be installed beside Dovecot: they are only unpacked, below build/.
(cd "$top/tests" && python3 -B -m rig.courier) || say "Without Courier: the tests that want it are skipped."
(cd "$top/tests" && python3 -B -m rig.cyrus) || say "Without Cyrus: the tests that want it are skipped."

# So are the servers of other makes, while the rest is built and tested, as far as that takes little time; GOLUB_WALK is the form of their walks.
brief=$(cd "$top/tests" && python3 -B -c 'from rig.makes import BRIEF; print(*BRIEF)')
# shellcheck disable=SC2086 # a list of words
(cd "$top/tests" && python3 -B -m rig.makes $brief) </dev/null >"$top/build/servers.log" 2>&1 &
servers=$!
export GOLUB_WALK="${GOLUB_WALK-short}"

status=0
build_preset asan "$jobs"
build_preset release "$jobs" "golub sim_golub sim_import sim_watch"
# With sanitizers a system test takes three times a processor's time, and half an hour has no room for that: each third story is told with them,
# the others with the release. GOLUB_NIGHTLY=1 tells all with them.
export GOLUB_BIN_PLAIN="$top/build/release/config/golub"
# Most of these wait for a clock, a flush or a server.
run_tests asan $((jobs * 3 + 1)) -LE 'smoke|walk|bent|watch|package' -E '^system_test_migration_many$' || status=$?
wait "$servers" || { say "Without some servers of other makes, whose walks are skipped:" && cat "$top/build/servers.log"; }
# A walk waits most of its time: three times as many at once. Of the bad answers every third one; with sanitizers it was every tenth.
walks=$(printf '%s' "$brief" | tr ' ' '|')
export GOLUB_ROWS="${GOLUB_ROWS-3}"
run_tests release $((jobs * 3)) -R "^(smoke|sim_(histories|imports)_.*|sim_(import_)?determinism|sim_watched|system_test_(bent|migration_many)|walk_($walks))\$" || status=$?
presets="asan release"
if printf 'int LLVMFuzzerTestOneInput(void) { return 0; }\n' |
    clang -xc -fsanitize=fuzzer,address -o "$top/build/fuzzer-test" - 2>/dev/null; then
    build_preset fuzz "$jobs" "golub fuzz_foreign fuzz_imap fuzz_login fuzz_names fuzz_pop fuzz_settings"
    run_tests fuzz "$jobs" -L fuzz || status=$?
    presets="$presets fuzz"
else
    say "Without clang and its libFuzzer: the fuzzers only replayed their corpora."
fi

# A test that was skipped proves nothing: what it is and why stands in the log of all that the tests said.
# What only a nightly run plays is not meant: there an equal story runs.
skipped=$(grep -hE "\.\.\. skipped |^\[  SKIPPED \] [a-z]" "$top"/build/*/Testing/Temporary/LastTest.log 2>/dev/null |
    grep -v "with GOLUB_NIGHTLY=1" | cut -c 1-200 | sort -u || true)
if [ -n "$skipped" ]; then
    say
    say "Skipped:"
    say "$skipped"
fi

say
for preset in $presets; do
    say "== $preset"
    sed -n '/tests passed/,$p' "$top/build/$preset-tests.log"
done
if [ "$status" = 0 ]; then
    say "All is well."
else
    say "Not all is well (exit status $status)."
fi
exit "$status"
