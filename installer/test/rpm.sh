#!/usr/bin/env bash
# rpm.sh OLD.rpm NEW.rpm: the package's life under a real systemd. The machine is a Debian: no SELinux, and rpm knows
# nothing of its packages (--nodeps).
set -euo pipefail
old=$(realpath "$1") new=$(realpath "$2")
. "$(dirname "$0")/nspawn.sh"
nspawn_enter "$0" "$old" "$new"
cp "$old" "$root/root/old.rpm"
cp "$new" "$root/root/new.rpm"

ok 'installs without a configuration' inside rpm -i --nodeps /root/old.rpm
ok 'the packaged files are as they were packaged' sh_in '[ -z "$(rpm -V --nodeps sportello)" ]'
ok 'waits for its configuration, and that is no failure' sh_in '! systemctl -q is-failed sportello && ! systemctl -q is-active sportello'
secrets_in
counter_in
ok 'starts, and returns when the page answers' inside sportello service start
ok 'enabled' inside systemctl -q is-enabled sportello
ok 'not root, in the serial group' sh_in 'p=$(systemctl show -p MainPID --value sportello); [ "$(stat -c %U /proc/$p)" = sportello ] && grep -qw "$(getent group dialout | cut -d: -f3)" /proc/$p/status'
ok 'exposure at most 2.0' inside systemd-analyze security --threshold=20 sportello.service
ok 'secrets closed to others' sh_in '[ "$(stat -c %a:%U:%G /etc/sportello)" = 750:root:sportello ] && [ "$(stat -c %a /var/lib/sportello)" = 750 ]'
sh_in 'systemctl kill -s KILL --kill-who=main sportello'
ok 'started again after SIGKILL' until_in 'systemctl -q is-active sportello && [ "$(systemctl show -p NRestarts --value sportello)" = 1 ] && sportello service status >/dev/null'
sh_in 'echo "# dell amministratore" >>/etc/sportello/config.yaml'
ok 'a payment waits for its card' pay_in
ok 'an upgrade is refused while a payment is in hand, and says so' sh_in '! rpm -U --nodeps /root/new.rpm >/tmp/said 2>&1 && grep -q "Cassa 1 in uso per un pagamento" /tmp/said'
ok 'a removal likewise' sh_in '! rpm -e --nodeps sportello >/tmp/said 2>&1 && grep -q "Cassa 1 in uso per un pagamento" /tmp/said'
ok 'the old version goes on as if nothing had been' sh_in 'rpm -q sportello | grep -q 0.9.0 && sportello version | grep -q 0.9.0 && sportello service status && kill -0 $(cat /tmp/pay.pid)'
press_in card && press_in pin
ok 'the payment is charged' until_in '[ "$(sportello payments --json | grep -c "\"state\": *\"charged\"")" = 1 ]'
ok 'upgrades' sh_in 'for i in $(seq 40); do sportello service upgrade-ready --wait 0s && break; sleep 0.25; done; rpm -U --nodeps /root/new.rpm && sportello version | grep -q 0.9.1'
ok 'the new version answers' until_in 'sportello service status'
ok 'configuration kept' inside grep -q 'dell amministratore' /etc/sportello/config.yaml
ok 'ledger sound, the payment in it' sh_in 'sportello ledger check && sportello payments --json | grep -q charged'
ok 'goes back to an older version only when it is told to' sh_in '! rpm -U --nodeps /root/old.rpm && sportello version | grep -q 0.9.1'
ok 'stops in order' sh_in 'sportello service stop && [ "$(systemctl show -p Result --value sportello)" = success ]'
ok 'removes' inside rpm -e --nodeps sportello
ok 'ledger and configuration kept' sh_in 'ls /var/lib/sportello/*.db && [ -e /etc/sportello/config.yaml ] && [ ! -e /usr/bin/sportello ] && ! systemctl -q is-active sportello'
exit $failed
