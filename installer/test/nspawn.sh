# nspawn.sh, to be sourced: a real systemd as process 1 on a copy-on-write of this machine's own files, which
# vanishes with the script. Needs root and systemd-nspawn; touches nothing outside its own mounts.
#
#   nspawn_enter "$0" "$@"   runs the script again in a mount namespace of its own, then boots
#   inside COMMAND...        a command in there; sh_in TEXT: a shell's line
#   until_in TEXT            until the line succeeds, 15 s at most
#   ok WHAT COMMAND...       one check; failed counts
#   counter_in               a configuration with a simulated terminal (keys by hand) and platform, both running

nspawn_enter() {
  if [ -z "${SPORTELLO_IN_NSPAWN:-}" ]; then
    exec env SPORTELLO_IN_NSPAWN=1 unshare --mount --propagation private "$@"
  fi
  unset SPORTELLO_IN_NSPAWN
  work=$(mktemp -d)
  mount -t tmpfs -o size=2g tmpfs "$work"
  mkdir -p "$work"/{upper,work,root}
  root=$work/root
  mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$root"
  # Services of this machine stay off in there, and one that is already installed is not ours to try.
  local unit
  for unit in $(find /etc/systemd/system -path '*.wants/*' -printf '%f\n' | grep -E '\.(service|timer|socket|path)$' | sort -u); do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  : >"$root/etc/machine-id"
  rm -rf "$root/etc/sportello" "$root/var/lib/sportello"
  systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --console=pipe --boot -M "sportello$$" </dev/null >"$work/boot.log" 2>&1 &
  nspawn=$!
  trap nspawn_leave EXIT
  # Its process 1: not the one that only makes it, which a busy machine may still show.
  leader=
  for _ in $(seq 300); do
    for child in $(ps -o pid= --ppid $nspawn); do
      ! grep -qsE '^NSpid:.*[[:space:]]1$' "/proc/$child/status" || [ "$(cat "/proc/$child/comm")" != systemd ] || leader=$child
    done
    [ -z "$leader" ] || break
    sleep 0.1
  done
  [ -n "$leader" ] || { cat "$work/boot.log" >&2 && exit 1; }
  for _ in $(seq 100); do inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' && break; sleep 0.2; done
  failed=0
}

nspawn_leave() {
  [ -z "$leader" ] || inside systemctl poweroff >/dev/null 2>&1 || true
  for _ in $(seq 20); do kill -0 $nspawn 2>/dev/null || break; sleep 0.5; done
  kill -KILL $nspawn 2>/dev/null || true
  wait $nspawn 2>/dev/null || true
  umount -l "$root" "$work" 2>/dev/null || true
  rmdir "$work" 2>/dev/null || true
}

inside() { timeout 120 nsenter -t "$leader" -m -u -i -n -p -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive SPORTELLO_UPGRADE_WAIT=1s "$@"; }
sh_in() { inside sh -c "$1"; }
until_in() { sh_in "for i in \$(seq 60); do { $1; } && exit 0; sleep 0.25; done; exit 1"; }

ok() {
  if "${@:2}" >"$work/said" 2>&1; then echo "ok   $1"; else
    echo "FAIL $1"
    sed 's/^/     /' "$work/said"
    failed=1
  fi
}

# Secrets and operators, as docs/installazione.md has them.
secrets_in() {
  sh_in 'echo sportello >/etc/sportello/govpay.password
    pin=$(echo 123456 | sportello operator hash)
    printf "operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: \"%s\"}\n" "$pin" >/etc/sportello/operators.yaml
    chgrp sportello /etc/sportello/*; chmod 640 /etc/sportello/*'
}

counter_in() {
  "$(dirname "${BASH_SOURCE[0]}")/counter.sh" /etc/sportello /var/lib/sportello >"$root/etc/sportello/config.yaml"
  sh_in 'chgrp sportello /etc/sportello/*; chmod 640 /etc/sportello/*; cd /tmp
    nohup sportello simulate terminal --listen tcp://127.0.0.1:10000 --panel 127.0.0.1:10001 --manual-keys --bank /tmp/bank.jsonl >/tmp/terminal.log 2>&1 &
    nohup sportello simulate platform --listen 127.0.0.1:9080 --bank /tmp/bank.jsonl >/tmp/platform.log 2>&1 &'
  until_in 'curl -sf http://127.0.0.1:10001/state >/dev/null && curl -s http://127.0.0.1:9080/ >/dev/null'
}

# A payment that waits for the card, and the keys that end it.
pay_in() {
  sh_in 'sportello pay 302000100000000107 --terminal cassa1 --json >/tmp/paid.json 2>/tmp/paid.log & echo $! >/tmp/pay.pid'
  until_in 'curl -s http://127.0.0.1:10001/state | grep -q "\"waits\":\"card\""'
}
press_in() { until_in "curl -sf http://127.0.0.1:10001/press -H 'Content-Type: application/json' -d '{\"key\":\"$1\"}' >/dev/null"; }
