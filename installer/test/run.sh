#!/usr/bin/env bash
# run.sh [--static]: all tests of the installers that can run here; what cannot is printed as LEFT OUT. The release is
# built twice, the second time from another folder: same bytes. The older version of the upgrades is the same source.
# --static: what needs no build, in seconds.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
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

if [ "${1:-}" = --static ]; then
  left_out "packages, their life, signatures and the Windows tests: make installers-test"
  exit $failed
fi
have wixl wixl msitools && have msibuild msitools && have faketime faketime || true
work=$(mktemp -d)
machine=
trap '[ -z "$machine" ] || { kill "$machine" && wait "$machine"; } 2>/dev/null || true; rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
arch=$(go env GOARCH)

part 'the packages'
build() { installer/build.sh "$@" >"$work/build.log" 2>&1 || { cat "$work/build.log" && exit 1; }; }
build 0.9.1 "$work/new"
grep '^LEFT OUT' "$work/build.log" || true
# The virtual machine mostly waits: it runs beside what follows, and what it says comes at the end.
timeout 900 installer/test/vm.sh "$work/new/sportello-0.9.1-$arch.deb" >"$work/machine.log" 2>&1 &
machine=$!
build 0.9.0 "$work/old"
(cd "$work/new" && sha256sum --quiet -c SHA256SUMS) && echo "ok   SHA256SUMS" || failed=1
installer/test/repro.sh 0.9.1 "$work/new" || failed=1

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
  part 'the MSI under wine 10'
  new=$work/new/sportello-0.9.1-amd64.msi old=$work/old/sportello-0.9.0-amd64.msi
  timeout 400 installer/test/msi.sh "$old" "$new" || failed=1
  part 'an MSI that is wrong on purpose'
  installer/test/break-msi.sh 0.9.1 "$work/new/sportello-0.9.1-windows-amd64.exe" "$work/broken.msi"
  if timeout 400 installer/test/msi.sh "$old" "$new" "$work/broken.msi" >"$work/broken.log" 2>&1; then tail -1 "$work/broken.log"; else cat "$work/broken.log" && failed=1; fi
fi
part 'Windows tests under wine 10'
installer/test/windows.sh || failed=1
part 'a virtual machine: USB terminal, pulled cable, power cuts'
wait "$machine" || failed=1
machine=
cat "$work/machine.log"
left_out "what only a real Windows can show: installer/test/windows-checklist.ps1"
part "done"
exit $failed
