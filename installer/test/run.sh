#!/usr/bin/env bash
# run.sh [--quick]: all tests of the installers that can run here; what cannot is printed as LEFT OUT. The packages are
# built twice, the second time from another folder: same bytes. An older version is made of the same binaries' source.
# --quick: what needs no second build and no Windows.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
quick=${1:-}
failed=0
left_out() { echo "LEFT OUT: $*"; }
have() { .ci/need "$@" >/dev/null 2>&1; }
began=$SECONDS
part() { echo "--   $* (at $((SECONDS - began)) s)"; }

part 'unit, scripts, policies'
if command -v systemd-analyze >/dev/null; then
  systemd-analyze security --offline=true --threshold=20 installer/linux/sportello.service >/dev/null &&
    echo "ok   exposure of the unit at most 2.0" || { echo "FAIL exposure of the unit above 2.0" && failed=1; }
else
  left_out "the unit's exposure: systemd-analyze is missing"
fi
for script in installer/build.sh installer/*/*.sh; do
  bash -n "$script" && continue
  echo "FAIL $script" && failed=1
done
installer/test/policies.sh || failed=1

have wixl wixl msitools && have msibuild msitools && have faketime faketime || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
arch=$(go env GOARCH)

part 'the packages'
installer/build.sh 0.9.0 "$work/old" | grep -E '^LEFT OUT' || true
installer/build.sh 0.9.1 "$work/new" | grep -vE '^LEFT OUT' >/dev/null
(cd "$work/new" && sha256sum --quiet -c SHA256SUMS) && echo "ok   SHA256SUMS" || failed=1
if [ -z "$quick" ]; then
  installer/test/repro.sh 0.9.1 "$work/new" || failed=1
else
  left_out "the same bytes twice: make installers-test builds a second time"
fi

if [ "$(id -u)" = 0 ] && have systemd-nspawn systemd-container; then
  part 'the deb under systemd'
  timeout 400 installer/test/deb.sh "$work/old/sportello-0.9.0-$arch.deb" "$work/new/sportello-0.9.1-$arch.deb" || failed=1
  if have rpm rpm; then
    part 'the rpm under systemd'
    timeout 400 installer/test/rpm.sh "$work/old/sportello-0.9.0-$arch.rpm" "$work/new/sportello-0.9.1-$arch.rpm" || failed=1
  else
    left_out "the rpm's life: rpm is missing"
  fi
else
  left_out "the life of deb and rpm under systemd: it needs root and systemd-nspawn"
fi

if [ ! -e "$work/new/sportello-0.9.1-amd64.msi" ]; then
  left_out "signatures, the MSI's life: there is no MSI"
else
  if have osslsigncode osslsigncode && have openssl openssl; then
    part 'signatures'
    installer/test/sign.sh "$work/new/sportello-0.9.1-windows-amd64.exe" "$work/new/sportello-0.9.1-amd64.msi" || failed=1
  else
    left_out "signatures: osslsigncode or openssl is missing"
  fi
  if [ -n "$quick" ]; then
    left_out "the MSI's life and the Windows tests under wine 10: make installers-test runs them"
  else
    part 'the MSI under wine 10'
    timeout 400 installer/test/msi.sh "$work/old/sportello-0.9.0-amd64.msi" "$work/new/sportello-0.9.1-amd64.msi" || failed=1
    SPORTELLO_BROKEN=$work/broken.msi
    installer/test/break-msi.sh 0.9.1 "$work/new/sportello-0.9.1-windows-amd64.exe" "$SPORTELLO_BROKEN"
    timeout 400 installer/test/msi.sh "$work/old/sportello-0.9.0-amd64.msi" "$work/new/sportello-0.9.1-amd64.msi" "$SPORTELLO_BROKEN" | tail -1 || failed=1
  fi
fi
if [ -z "$quick" ]; then
  part 'Windows tests under wine 10'
  installer/test/windows.sh || failed=1
fi
left_out "USB serial and power cuts in a virtual machine: no script yet"
left_out "what only a real Windows can show: installer/test/windows-checklist.ps1"
part "done"
exit $failed
