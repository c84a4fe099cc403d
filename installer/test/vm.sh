#!/usr/bin/env bash
# vm.sh DEB: the package in a whole machine with a USB terminal: a payment over it, its cable pulled in the middle of
# payments, and the power cut at random moments of payments. Terminal, bank and platform are outside, so what they know
# survives the machine. ROUNDS (3) cuts in payments; SEED says when they come and what the disk keeps.
# Where it cannot run: LEFT OUT with the reason, exit 0.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
deb=$(realpath "$1")
rounds=${ROUNDS:-3} seed=${SEED:-$(date +%s)}
RANDOM=$seed
. "$here/vm-machine.sh"
if [ -z "${SPORTELLO_IN_VM:-}" ]; then
  left_out() { echo "LEFT OUT: USB serial and power cuts in a virtual machine: $*" && exit 0; }
  [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || left_out "it needs a Debian on amd64"
  [ "$(id -u)" = 0 ] || left_out "it needs root, for a network of its own"
  "$here/../../.ci/need" qemu-system-x86_64 qemu-system-x86 >/dev/null || left_out "qemu-system-x86_64 is missing"
  for command in openssl curl; do command -v $command >/dev/null || left_out "$command is missing"; done
  image=$("$here/vm-image.sh") || left_out "its disk cannot be made"
  export SPORTELLO_VM_IMAGE=$image
fi
vm_enter "$0" "$deb"
for tool in disk agree; do CGO_ENABLED=0 go -C "$here/../tools" build -trimpath -buildvcs=false -o "$work/$tool" "./$tool"; done
dpkg-deb -x "$deb" "$work/unpacked"
sportello=$work/unpacked/usr/bin/sportello
cd "$work"

# The platform, with its own certificate, and debts for all that follows.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=piattaforma.ente.example \
  -addext subjectAltName=DNS:piattaforma.ente.example -keyout platform.key -out platform.pem 2>/dev/null
notice() { printf '%s%02d' "30200010$(printf %08d "$1")" $((30200010$(printf %08d "$1") % 93)); }
debts=
for n in $(seq $((rounds + 9))); do
  debts+=${debts:+,}"{\"creditor\":\"01199250158\",\"notice\":\"$(notice "$n")\",\"cents\":$((12000 + n)),\"type\":\"TARI\",\"reason\":\"Prova\",\"debtor\":{\"tax_code\":\"RSSMRA80A01F205X\",\"name\":\"Mario Rossi\"}}"
done
echo "{\"v\":1,\"creditors\":[{\"tax_code\":\"01199250158\",\"name\":\"Comune di Esempio\"}],\"types\":[{\"id\":\"TARI\",\"name\":\"TARI\"}],\"debts\":[$debts]}" >seed.json
touch bank.jsonl
"$sportello" simulate platform --tls-listen 127.0.0.1:9443 --tls-cert platform.pem --tls-key platform.key --seed seed.json --bank bank.jsonl >platform.log 2>&1 &

# The terminal, on a serial line of its own. Of the fourth payment it sends the result late.
echo '{"on":"X","nth":4,"fault":"slow","at":"result","delay_ms":10000}' >faults.jsonl
"$sportello" simulate terminal --pty pty --bank bank.jsonl --panel 127.0.0.1:10001 --manual-keys --faults faults.jsonl >terminal.log 2>&1 &
press() { curl -sf http://127.0.0.1:10001/press -H 'Content-Type: application/json' -d "{\"key\":\"$1\"}" >/dev/null; }
# soon COMMAND...: until it succeeds, some minutes at most.
soon() { for _ in $(seq 1000); do "$@" && return; sleep 0.2; done; return 1; }
waits() { curl -s http://127.0.0.1:10001/state | grep -q "\"waits\":\"$1\""; }
decisions() { grep -c '"kind":"payment"' bank.jsonl || true; }
idle() { curl -s http://127.0.0.1:10001/state | grep -q '"busy":false'; }
decided() { [ "$(decisions)" -gt "$1" ]; }

# pay NOTICE: begins it; its end is in /tmp/paid.json, its status in /tmp/paid.
pay() { inside "rm -f /tmp/paid; { sportello pay $1 --terminal cassa1 --json >/tmp/paid.json 2>/tmp/paid.log; echo \$? >/tmp/paid; } >/dev/null 2>&1 &"; }
ended() { until_in '[ -s /tmp/paid ]' && inside "cat /tmp/paid.log; grep -qx $1 /tmp/paid"; }
# agree: the ledger and the bank, once nothing moves any more.
agree() {
  local code
  for _ in $(seq 240); do
    code=0
    inside 'sportello payments --json 2>/dev/null' >ledger.json && "$work/agree" -bank bank.jsonl <ledger.json >agreed 2>&1 || code=$?
    [ "$code" = 3 ] || break
    sleep 0.5
  done
  cat agreed
  return "$code"
}
stands() { grep -qx "notice $1 $2" agreed; }

# What the machine gets: the package and a counter's configuration with the terminal by its USB identity.
mkdir etc
"$here/counter.sh" /etc/sportello /var/lib/sportello serial://usb/0403:6001 https://piattaforma.ente.example:9443 >etc/config.yaml
echo '  ca_file: /etc/sportello/platform.pem' >>etc/config.yaml
echo sportello >etc/govpay.password
printf 'operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: "%s"}\n' "$(echo 123456 | "$sportello" operator hash)" >etc/operators.yaml
cp platform.pem etc/
cp "$deb" sportello.deb
tar -cf parcel.tar --owner=0 --group=0 sportello.deb etc
truncate -s %512 parcel.tar

echo "     seed $seed, $rounds rounds"
vm_disk "$SPORTELLO_VM_IMAGE" "$seed"
ok 'the terminal is there' soon test -s pty
line=$(cat pty)
vm_boot "$work/parcel.tar"
echo "     machine up (at $SECONDS s)"
ok 'a disk with a cache that has to be flushed' inside 'grep -qx "write back" /sys/block/vd?/queue/write_cache'
ok 'the package installs' inside 'cd /root && tar xf /dev/vdb && dpkg -i sportello.deb && cp etc/* /etc/sportello && chgrp sportello /etc/sportello/* && chmod 640 /etc/sportello/* && sync'
ok 'starts' inside 'sportello service start'
ok 'not root' inside 'p=$(systemctl show -p MainPID --value sportello); [ "$(stat -c %U /proc/$p)" = sportello ]'

ok 'an adapter is plugged in that has not been there before' plug_in_cable
ok 'it has its name, for the group of serial ports' until_in 'cd /dev/sportello && ls -l . && [ "$(readlink -f 0403-6001)" = /dev/ttyUSB0 ] && [ "$(stat -c %a:%G /dev/ttyUSB0)" = 660:dialout ]'

# with_card NOTICE: a payment that waits for its card. by_card: the customer pays; decided: the bank has said its word.
with_card() { pay "$1" && soon waits card; }
by_card() { had=$(decisions) && press card && soon waits pin && press pin && soon decided "$had"; }
# resolved NOTICE STATE: the clerk was told that it is unknown, and the ledger finds out what the bank knows.
resolved() { ended 4 && [ -s swallowed ] && agree && stands "$1" "$2"; }

ok 'a payment over USB waits for its card' with_card "$(notice 1)"
ok 'the customer pays' by_card
ok 'it is charged' ended 0
ok 'the bank agrees' agree

ok 'a payment waits for its card' with_card "$(notice 2)"
pull_cable
ok 'the cable is pulled, then the customer pays' by_card
ok 'the terminal says so to nobody' soon idle
put_back_cable
ok 'put back: it is charged, as the bank says' resolved "$(notice 2)" charged
ok 'the adapter has its name again' inside '[ "$(readlink -f /dev/sportello/0403-6001)" = /dev/ttyUSB0 ]'

ok 'a payment waits for its card' with_card "$(notice 3)"
pull_cable
ok 'the cable is pulled, then the customer gives up' press red
ok 'the terminal says so to nobody' soon idle
put_back_cable
ok 'put back: it is not charged' resolved "$(notice 3)" not_charged

ok 'a payment waits for its card' with_card "$(notice 4)"
ok 'the customer pays' by_card
pull_cable
ok 'the cable is pulled when the bank has decided, before the terminal says so' soon idle
put_back_cable
ok 'put back: it is charged, as the bank says' resolved "$(notice 4)" charged
ok 'all that in one life of the service' inside '[ "$(systemctl show -p NRestarts --value sportello)" = 0 ] && systemctl -q is-active sportello'
echo "     cables done (at $SECONDS s)"

# The power is cut anywhere in a payment, or soon after the bank has decided; then the clerk tries the same notice again.
# A customer who presents the card and types the PIN whenever the terminal waits for them.
while :; do press card; press pin; sleep 0.2; done &
refused() { inside "sportello pay $1 --terminal cassa1; [ \$? = 3 ]"; }
# And another program that writes and never flushes, so that the disk's cache has something to lose.
other() { inside '{ while sleep 0.3; do head -c 20000 /dev/urandom; done >>/var/tmp/other; } 2>/dev/null &'; }
other
n=5
for round in $(seq "$rounds"); do
  had=$(decisions) now=$(notice "$n")
  # When the machine hands to the disk what nobody has flushed: soon, so that some of it is there; or late, as usual.
  late=$((round % 2 ? 20 : 3000))
  inside "echo $late >/proc/sys/vm/dirty_expire_centisecs; echo $((late / 2)) >/proc/sys/vm/dirty_writeback_centisecs"
  pay "$now"
  moment=$((RANDOM % 5000)) after='it began'
  if [ $((round % 2)) = 0 ]; then
    ok 'the bank decides' soon decided "$had"
    moment=$((moment / 10)) after='the bank decided'
  fi
  sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
  vm_cut
  vm_boot
  echo "     round $round: power cut $moment ms after $after; $(tail -1 cuts) (at $SECONDS s)"
  ok 'the service is there by itself' inside 'systemctl -q is-active sportello && [ "$(systemctl show -p NRestarts --value sportello)" = 0 ]'
  ok 'the ledger is sound' inside 'sportello ledger check'
  ok 'ledger and bank agree' agree
  if stands "$now" charged || stands "$now" unknown; then
    had=$(decisions)
    ok 'what is charged is not charged again' refused "$now"
    ok 'and the bank was not asked' [ "$(decisions)" = "$had" ]
    n=$((n + 1))
  fi
  other
done
tail -1 agreed | sed 's/^/     /'
ok 'the cuts have lost something' grep -q '[1-9][0-9]* lost so far' cuts
echo "     power cuts done (at $SECONDS s)"
exit $failed
