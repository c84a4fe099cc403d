#!/usr/bin/env bash
# run.sh: all tests of the installers that can run here; what cannot is printed as LEFT OUT.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
failed=0
left_out() { echo "LEFT OUT: $*"; }
have() { .ci/need "$@" >/dev/null 2>&1; }

if command -v systemd-analyze >/dev/null; then
  systemd-analyze security --offline=true --threshold=20 installer/linux/sportello.service >/dev/null &&
    echo "ok   exposure of the unit at most 2.0" || { echo "FAIL exposure of the unit above 2.0" && failed=1; }
else
  left_out "the unit's exposure: systemd-analyze is missing"
fi

have wixl wixl msitools && have msibuild msitools && have faketime faketime || true
installer/test/repro.sh || failed=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$(id -u)" = 0 ] && have systemd-nspawn systemd-container; then
  arch=$(go env GOARCH)
  installer/build.sh 0.9.0 "$work/old" | grep -v '^LEFT OUT' >/dev/null
  installer/build.sh 0.9.1 "$work/new" | grep -v '^LEFT OUT' >/dev/null
  timeout 400 installer/test/deb.sh "$work/old/sportello-0.9.0-$arch.deb" "$work/new/sportello-0.9.1-$arch.deb" || failed=1
else
  left_out "the deb's life under systemd: it needs root and systemd-nspawn"
fi
left_out "the MSI's life and the Windows tests: they need wine 10, for which there is no script yet"
left_out "the rpm's life: no script yet"
left_out "USB serial and power cuts in a virtual machine: no script yet"
exit $failed
