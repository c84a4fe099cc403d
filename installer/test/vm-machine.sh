# vm-machine.sh, to be sourced: a whole virtual machine whose power can be cut and whose USB cable can be pulled. QEMU, with
# its own translation (TCG): where /dev/kvm can be opened it may still hang. Only loopback, in a network of its own.
#
# A power cut has to lose what a real one loses. Killing QEMU alone loses the guest's memory and nothing else: what the
# guest has handed to the disk stays in this machine's own cache and survives, flushed or not. So the disk is a process of
# ours (installer/tools/disk) with a volatile cache in its memory: a write reaches the image only when the guest
# flushes it. After the kill nothing of that cache is left, every second time a random part of it, page by page.
#
#   vm_enter "$0" "$@"   runs the script again in namespaces of its own; all that it starts and mounts ends with it
#   vm_boot [FILE]       starts the machine and waits for its systemd; FILE is there as /dev/vdb, and no cable
#   vm_cut               SIGKILL, and what was not flushed is lost
#   inside TEXT          one line of shell in there; prints what it says, returns its status
#   until_in TEXT        until the line succeeds, some minutes at most
#   plug_in_cable, pull_cable, put_back_cable   of the USB adapter (FTDI 0403:6001) to $line, the terminal's pty
#   ok WHAT COMMAND...   one check; failed counts

adapter=usb-serial,chardev=cable,id=usb0

vm_enter() {
  if [ -z "${SPORTELLO_IN_VM:-}" ]; then
    exec env SPORTELLO_IN_VM=1 unshare --mount --propagation private --pid --fork --kill-child --net --mount-proc "$@"
  fi
  unset SPORTELLO_IN_VM
  ip link set lo up
  work=$(mktemp -d)
  mount -t tmpfs -o size=3g tmpfs "$work" # killed in the middle, it leaves an empty folder
  trap vm_leave EXIT
  boots=0 failed=0 qemu='' swallow=''
}

# The processes end with the namespace; so do the files.
vm_leave() {
  local code=$?
  cd /
  umount -l "$work" && rmdir "$work"
  return "$code"
}

# vm_disk IMAGE SEED: the disk that has nothing of IMAGE changed, and a cache that a cut empties.
vm_disk() {
  cp --sparse=always "$1/disk.img" "$work/disk.img"
  cp "$1/vmlinuz" "$1/initrd" "$work/"
  "$work/disk" -socket "$work/disk.sock" -image "$work/disk.img" -seed "$2" >"$work/cuts" 2>&1 &
  for _ in $(seq 100); do [ -S "$work/disk.sock" ] && return; sleep 0.1; done
  cat "$work/cuts" && exit 1
}

vm_boot() {
  boots=$((boots + 1))
  local at=$work/boot$boots more=(-device "$adapter")
  mkdir "$at"
  mkfifo "$at"/{hand,monitor}.{in,out}
  [ -z "${1:-}" ] || more=(-drive "file=$1,if=none,id=more,format=raw,readonly=on" -device virtio-blk-pci,drive=more)
  qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 512 -nodefaults -display none -no-reboot \
    -kernel "$work/vmlinuz" -initrd "$work/initrd" \
    -append 'root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off' \
    -blockdev "driver=nbd,node-name=disk,server.type=unix,server.path=$work/disk.sock" -device virtio-blk-pci,drive=disk \
    -nic user,model=virtio-net-pci -device qemu-xhci -chardev "serial,id=cable,path=$line" "${more[@]}" \
    -serial "file:$at/console.log" -chardev "pipe,id=hand,path=$at/hand" -serial chardev:hand \
    -chardev "pipe,id=monitor,path=$at/monitor" -mon chardev=monitor,mode=readline \
    </dev/null >"$at/qemu.log" 2>&1 &
  qemu=$!
  exec {to}<>"$at/hand.in" {from}<>"$at/hand.out" {monitor}<>"$at/monitor.in"
  cat "$at/monitor.out" >"$at/monitor.log" &
  answer >/dev/null || { cat "$at/qemu.log" "$at/console.log" && exit 1; }
}

vm_cut() {
  local before
  before=$(wc -l <"$work/cuts")
  kill -KILL "$qemu"
  wait "$qemu" 2>/dev/null || true
  exec {to}>&- {from}>&- {monitor}>&-
  for _ in $(seq 100); do [ "$(wc -l <"$work/cuts")" -gt "$before" ] && return; sleep 0.1; done
  echo "the disk has not seen the cut" && cat "$work/cuts" && exit 1
}

# answer prints what comes until the line with the status, which is its own.
answer() {
  local said
  while IFS= read -r -t "${limit:-240}" said <&"$from"; do
    case $said in
    '') ;;
    '= boot') return ;;
    '= '*) return "${said#= }" ;;
    *) printf '%s\n' "$said" ;;
    esac
  done
  echo "the machine does not answer"
  return 125
}

inside() { printf '%s\n' "${1//$'\n'/ }" >&"$to" && answer; }
until_in() { inside "for i in \$(seq 600); do { $1; } && exit 0; sleep 0.25; done; exit 1"; }
in_monitor() { printf '%s\n' "$1" >&"$monitor"; }

# What the terminal says while there is no cable goes nowhere; without somebody who takes it, it would wait in the pty.
pull_cable() {
  in_monitor 'device_del usb0'
  cat "$line" >"$work/swallowed" &
  swallow=$!
  until_in '[ ! -e /dev/ttyUSB0 ]'
}
put_back_cable() {
  kill "$swallow"
  wait "$swallow" 2>/dev/null || true
  plug_in_cable
}
plug_in_cable() {
  in_monitor "device_add $adapter"
  until_in '[ -c /dev/ttyUSB0 ]'
}

ok() {
  if "${@:2}" >"$work/said" 2>&1; then echo "ok   $1"; else
    echo "FAIL $1"
    sed 's/^/     /' "$work/said"
    failed=1
  fi
}
