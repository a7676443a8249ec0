#!/bin/sh
# The Debian package of golub from this tree, on a Debian 12 with nothing but git:  sh contrib/deb.sh
# Installs what is missing, builds in a copy below build/deb, and says where the package lies. The tests of the units run with it, unless
# DEB_BUILD_OPTIONS=nocheck. Nothing is installed of golub itself, and this tree stays as it is.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

case ${1:-} in
"") ;;
-h | --help)
    sed -n '2,4s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
*) fail "contrib/deb.sh takes no words. sh contrib/deb.sh --help says what it does." ;;
esac

folder=$top/build/deb
mkdir -p "$folder" 2>/dev/null || fail "$top can't be written to: copy the tree to a folder of your own first."
command -v dpkg >/dev/null 2>&1 || fail "This is no Debian (there is no dpkg). README.md says how to install from source."
# shellcheck disable=SC2086 # a list of words
install_missing "$top/build/install.log" $build_packages $deb_packages
compat=$(dpkg-query -W -f '${Version}' debhelper 2>/dev/null || echo 0)
dpkg --compare-versions "$compat" ge 13 || fail "debhelper 13 is needed, here is $compat: this Debian is older than 12."

version=$(cd "$top" && dpkg-parsechangelog -S Version)
copy=$folder/golub-${version%-*}
rm -rf "$copy"
mkdir "$copy"
(cd "$top" && tar -cf - --exclude=./.git --exclude=./build .) | (cd "$copy" && tar --no-same-owner -xf -)
say "Building the package in $copy (some minutes) ..."
rm -f "$folder"/golub*.deb
if ! (cd "$copy" && dpkg-buildpackage -b -uc -us) >"$folder/build.log" 2>&1 </dev/null; then
    grep -A 12 -E '(error|Error): |^CMake Error|^FAILED' "$folder/build.log" | head -n 60 >&2
    tail -n 5 "$folder/build.log" >&2
    fail "The build failed; all it said is in $folder/build.log"
fi
rm -rf "$copy"
package=$(ls "$folder"/golub_*.deb)
say "Here it is: $package"
say "To install it:  sudo apt install $package"
say "To remove it:   sudo apt remove golub"
