#!/usr/bin/env bash
# deb.sh OLD.deb NEW.deb: the package's life under a real systemd as process 1, on a copy-on-write of this machine's
# own files that vanishes with the script. Needs root and systemd-nspawn; touches nothing outside its own mounts.
set -euo pipefail
old=$(realpath "$1") new=$(realpath "$2")
if [ -z "${DEB_TEST_INSIDE:-}" ]; then
  exec env DEB_TEST_INSIDE=1 unshare -m --propagation private "$0" "$old" "$new"
fi
work=$(mktemp -d)
mount -t tmpfs -o size=2g tmpfs "$work"
mkdir -p "$work"/{upper,work,root}
root=$work/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$root"
# Services of this machine stay off in there, and one that is already installed is not ours to try.
for unit in $(find /etc/systemd/system -path '*.wants/*' -printf '%f\n' | grep -E '\.(service|timer|socket|path)$' | sort -u); do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
: >"$root/etc/machine-id"
rm -rf "$root/etc/sportello" "$root/var/lib/sportello"
cp "$old" "$root/root/old.deb"
cp "$new" "$root/root/new.deb"
systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --console=pipe --boot -M sportellotest </dev/null >"$work/boot.log" 2>&1 &
nspawn=$!
leader=
for _ in $(seq 100); do
  leader=$(ps -o pid= --ppid $nspawn | head -1 | tr -d ' ') || true
  [ -n "$leader" ] && break
  sleep 0.1
done
[ -n "$leader" ] || { cat "$work/boot.log" >&2 && exit 1; }
inside() { timeout 120 nsenter -t "$leader" -m -u -i -n -p -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
finish() {
  inside systemctl poweroff >/dev/null 2>&1 || true
  for _ in $(seq 20); do kill -0 $nspawn 2>/dev/null || break; sleep 0.5; done
  kill -KILL $nspawn 2>/dev/null || true
  wait $nspawn 2>/dev/null || true
  umount -l "$root" "$work" 2>/dev/null || true
  rmdir "$work" 2>/dev/null || true
}
trap finish EXIT
for _ in $(seq 100); do inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' && break; sleep 0.2; done

failed=0
ok() { # ok WHAT COMMAND...
  if "${@:2}" >"$work/said" 2>&1; then echo "ok   $1"; else
    echo "FAIL $1"
    sed 's/^/     /' "$work/said"
    failed=1
  fi
}
sh_in() { inside sh -c "$1"; }
until_in() { sh_in "for i in \$(seq 60); do { $1; } && exit 0; sleep 0.25; done; exit 1"; }

ok 'installs without a configuration' inside dpkg -i /root/old.deb
ok 'waits for its configuration, and that is no failure' sh_in '! systemctl -q is-failed sportello && ! systemctl -q is-active sportello'
ok 'status says that it is stopped (exit 5)' sh_in 'sportello service status; [ $? = 5 ]'
ok 'start names the missing configuration (exit 2)' sh_in 'sportello service start; [ $? = 2 ]'
# The shipped sample, made into a configuration that this machine can use.
sh_in 'cp /usr/share/doc/sportello/config.yaml /etc/sportello/config.yaml
  echo segreto >/etc/sportello/govpay.password
  pin=$(echo 123456 | sportello operator hash)
  printf "operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: \"%s\"}\n" "$pin" >/etc/sportello/operators.yaml
  chgrp sportello /etc/sportello/*; chmod 640 /etc/sportello/*'
ok 'the shipped sample is a valid configuration' inside sportello config check /etc/sportello/config.yaml
ok 'starts, and returns when the page answers' inside sportello service start
ok 'usable at once' inside sportello service status
ok 'enabled' inside systemctl -q is-enabled sportello
ok 'not root, in the serial group' sh_in 'p=$(systemctl show -p MainPID --value sportello); [ "$(stat -c %U /proc/$p)" = sportello ] && grep -qw "$(getent group dialout | cut -d: -f3)" /proc/$p/status'
ok 'no capability, seccomp on' sh_in 'p=$(systemctl show -p MainPID --value sportello); grep -q "CapEff:.*0000000000000000" /proc/$p/status && grep -q "Seccomp:.*2" /proc/$p/status'
ok 'unit is sound' inside systemd-analyze verify /usr/lib/systemd/system/sportello.service
ok 'exposure at most 2.0' inside systemd-analyze security --threshold=20 sportello.service
ok 'secrets closed to others' sh_in '[ "$(stat -c %a:%U:%G /etc/sportello)" = 750:root:sportello ] && [ "$(stat -c %a /var/lib/sportello)" = 750 ]'
ok 'token for the group only' sh_in '[ "$(stat -c %a:%G /var/lib/sportello/cli.token)" = 640:sportello ]'
sh_in 'systemctl kill -s KILL --kill-who=main sportello'
ok 'started again after SIGKILL' until_in 'systemctl -q is-active sportello && [ "$(systemctl show -p NRestarts --value sportello)" = 1 ] && sportello service status >/dev/null'
sh_in 'systemctl kill -s STOP --kill-who=main sportello'
ok 'a frozen process is found by the watchdog' sh_in 'for i in $(seq 70); do [ "$(systemctl show -p NRestarts --value sportello)" -ge 2 ] && exit 0; sleep 1; done; systemctl status sportello; exit 1'
sh_in 'echo "# dell amministratore" >>/etc/sportello/config.yaml'
ok 'upgrades' inside dpkg -i /root/new.deb
ok 'the new version answers' sh_in 'sportello service status'
ok 'configuration kept' inside grep -q 'dell amministratore' /etc/sportello/config.yaml
ok 'ledger sound after all that' inside sportello ledger check
ok 'stops in order' sh_in 'sportello service stop && [ "$(systemctl show -p Result --value sportello)" = success ]'
sh_in 'sportello service uninstall >/dev/null'
ok 'uninstall is kept by an upgrade' sh_in 'dpkg -i /root/new.deb >/dev/null 2>&1; ! systemctl -q is-enabled sportello && ! systemctl -q is-active sportello'
ok 'removes' inside dpkg -r sportello
ok 'ledger and configuration kept' sh_in 'ls /var/lib/sportello/*.db && [ -e /etc/sportello/config.yaml ] && [ ! -e /usr/bin/sportello ]'
ok 'purge keeps the ledger' sh_in 'dpkg -P sportello && ls /var/lib/sportello/*.db && [ ! -e /etc/sportello ]'
exit $failed
