#!/usr/bin/env bash
# deb.sh OLD.deb NEW.deb: the package's life under a real systemd.
set -euo pipefail
old=$(realpath "$1") new=$(realpath "$2")
. "$(dirname "$0")/nspawn.sh"
nspawn_enter "$0" "$old" "$new"
cp "$old" "$root/root/old.deb"
cp "$new" "$root/root/new.deb"

ok 'installs without a configuration' inside dpkg -i /root/old.deb
ok 'waits for its configuration, and that is no failure' sh_in '! systemctl -q is-failed sportello && ! systemctl -q is-active sportello'
ok 'status says that it is stopped (exit 5)' sh_in 'sportello service status; [ $? = 5 ]'
ok 'start names the missing configuration (exit 2)' sh_in 'sportello service start; [ $? = 2 ]'
# The shipped sample, with the files that it names.
sh_in 'cp /usr/share/doc/sportello/config.yaml /etc/sportello/config.yaml'
secrets_in
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
counter_in
sh_in 'echo "# dell amministratore" >>/etc/sportello/config.yaml; sportello service stop && sportello service start'
ok 'a payment waits for its card' pay_in
ok 'an upgrade is refused while a payment is in hand, and says so' sh_in '! dpkg -i /root/new.deb >/tmp/said 2>&1 && grep -q "Cassa 1 in uso per un pagamento" /tmp/said'
ok 'a removal likewise' sh_in '! dpkg -r sportello >/tmp/said 2>&1 && grep -q "Cassa 1 in uso per un pagamento" /tmp/said'
ok 'the old version goes on as if nothing had been' sh_in 'dpkg -s sportello | grep -q "^Status: .* ok installed" && sportello service status && kill -0 $(cat /tmp/pay.pid)'
press_in card && press_in pin
ok 'the payment is charged' until_in '[ "$(sportello payments --json | grep -c "\"state\": *\"charged\"")" = 1 ]'
ok 'then nothing is in hand' until_in 'sportello service upgrade-ready --wait 0s'
# What docs/installazione.md has a person type.
ok 'a member of the group uses the command line, and gets no copy' sh_in 'useradd -G sportello utente && su utente -c "sportello payments" && ! su utente -c "sportello backup /tmp/no.db"'
ok 'nobody else does' sh_in 'useradd altro && ! su altro -c "sportello payments"'
ok 'a copy while it runs, and its check' sh_in 'sportello backup /tmp/copia.db && ! sportello backup /tmp/copia.db && sportello restore --check /tmp/copia.db'
ok 'the bundle, in a text without the token' sh_in 'cd /tmp && sportello bundle --out assistenza.txt && ! grep -q "$(cat /var/lib/sportello/maintenance.token)" assistenza.txt'
ok 'figures for whoever has the token' sh_in 'u=http://127.0.0.1:8417/metrics; ! curl -sf $u && curl -sf -H "Authorization: Bearer $(cat /var/lib/sportello/maintenance.token)" $u | grep "^sportello_payments_total{outcome=\"charged\"} 1"'
ok 'the manual shows what is to be typed, quotes included' sh_in 'dpkg-deb --fsys-tarfile /root/new.deb | tar -xO ./usr/share/man/man1/sportello.1.gz | zcat | grep -F "\(dqAAAA\-MM\-GG HH:MM\(dq"'
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
ok 'purge deletes it when it is told to' sh_in 'dpkg -i /root/new.deb && SPORTELLO_PURGE_LEDGER=yes dpkg -P sportello && [ ! -e /var/lib/sportello ]'
exit $failed
