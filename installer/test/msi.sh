#!/usr/bin/env bash
# msi.sh OLD.msi NEW.msi [BROKEN.msi]: the installer's life under wine 10, with a simulated terminal and platform in
# there. With BROKEN.msi (it owns the configuration, see break-msi.sh) it must find "configuration kept" failing.
# What wine cannot show stands in windows-checklist.ps1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/wine.sh"
old=$(realpath "$1") new=$(realpath "$2") broken=${3:+$(realpath "$3")}
if [ -z "${SPORTELLO_IN_WINE:-}" ]; then wine_ready || { echo "LEFT OUT: the MSI's life: wine 10 cannot be set up here" && exit 0; }; fi
wine_enter "$0" "$old" "$new" ${broken:+"$broken"}
cd "$share"
cp "$old" old.msi
cp "$new" new.msi
[ -z "$broken" ] || cp "$broken" broken.msi

program='C:\Program Files\Sportello\sportello.exe'
data=$prefix/drive_c/ProgramData/Sportello
sportello() { w wine "$program" "$@"; }
# What follows /i, /x or /f; the exit code is Windows' own, of which only the lowest byte comes out here.
msi() { w wine msiexec "$1" "Z:${share//\//\\}\\$2" /qn "${@:3}"; }
page() { curl -sf --max-time 5 --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8417/healthz; }
waits_for_card() { curl -s http://127.0.0.1:10001/state | grep -q '"waits":"card"'; }
charged() { wait "$paying" || { cat paid.log terminal.log; return 1; }; }
goes_on() { page | grep -q '"0.9.0"' && kill -0 "$paying"; }
key() { for _ in $(seq 60); do curl -sf http://127.0.0.1:10001/press -H 'Content-Type: application/json' -d "{\"key\":\"$1\"}" >/dev/null && return; sleep 0.25; done; return 1; }
until_ok() { for _ in $(seq 60); do "$@" && return; sleep 0.25; done; return 1; }
failed=0
ok() {
  if "${@:2}" >"$wine_work/said" 2>&1; then echo "ok   $1"; else
    echo "FAIL $1"
    tail -20 "$wine_work/said" | sed 's/^/     /'
    failed=1
  fi
}
not() { ! "$@"; }
settings() { w wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\sportello' | tr -d '\r'; }
starts() { sportello service start && curl -sf http://127.0.0.1:8417/readyz; }
revives() { for _ in $(seq 20); do starts && break; sleep 1; done; sportello ledger check; }
gone() { [ ! -e "$prefix/drive_c/Program Files/Sportello/sportello.exe" ] && ! curl -s --max-time 2 http://127.0.0.1:8417/healthz && not w wine sc query sportello; }
says() { # says TEXT COMMAND...: whatever its exit code
  local said
  said=$("${@:2}" 2>&1 | tr -d '\r') || true
  echo "$said"
  grep -q "$1" <<<"$said"
}

# A process that holds the session open: services live only while there is one.
mkfifo hold
exec 7<>hold
w wine cmd <&7 7>&- >/dev/null 2>&1 &

# What an office prepares for its PCs: the configuration and the files that it names, in one folder.
mkdir prepared
"$here/counter.sh" 'C:\ProgramData\Sportello' 'C:\ProgramData\Sportello' >prepared/config.yaml
echo sportello >prepared/govpay.password
windows_share="Z:${share//\//\\}"

ok 'installs without a configuration' msi /i old.msi
ok 'waits for its configuration' says 'STOPPED' w wine sc query sportello
pin=$(echo 123456 | sportello operator hash | tr -d '\r')
printf 'operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: "%s"}\n' "$pin" >prepared/operators.yaml
ok 'removes again' msi /x old.msi
ok 'a configuration that cannot be used is refused, and nothing stays' not msi /i old.msi "CONFIG=$windows_share\\hold.none"
ok 'no program, no service' sh -c "[ ! -e '$prefix/drive_c/Program Files/Sportello/sportello.exe' ]"
ok 'installs silently with CONFIG' msi /i old.msi "CONFIG=$windows_share\\prepared\\config.yaml"
ok 'the configuration and what it names are at their place' ls "$data/config.yaml" "$data/operators.yaml" "$data/govpay.password"
ok 'the service answers on loopback' page
ok 'running, and usable when it says so' says 'RUNNING' w wine sc query sportello
ok 'status in our words' sportello service status
ok 'account of its own, without a password' says 'NT SERVICE.sportello' w wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\sportello' /v ObjectName
ok 'its source in the event log' says 'EventMessageFile' w wine reg query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\sportello'
ok 'an entry of the page in the start menu' sh -c "find '$prefix/drive_c' -name 'Sportello POS.url' | grep -q ."
ok 'stops in order' sportello service stop
cp "$prefix/drive_c/Program Files/Sportello/sportello.exe" simulator.exe
mv "$data/config.yaml" config.away
w wine net start sportello >/dev/null 2>&1 || true
ok 'a start that fails ends with its step: configuration' until_ok says 'SERVICE_EXIT_CODE *: 2 ' w wine sc query sportello
mv config.away "$data/config.yaml"
w wine simulator.exe simulate platform --listen 127.0.0.1:8417 >/dev/null 2>&1 &
until_ok curl -s http://127.0.0.1:8417/ >/dev/null
ok 'a start that fails ends with its step: address taken' says 'passo 15 (indirizzo della pagina)' sportello service start
w wine taskkill /F /IM simulator.exe >/dev/null 2>&1
ok 'starts, and returns when the page answers' starts
echo '# dell amministratore' >>"$data/config.yaml"

if [ -n "$broken" ]; then
  ok 'the broken installer upgrades' msi /i broken.msi
  if grep -q 'dell amministratore' "$data/config.yaml"; then echo "FAIL the broken installer was not found out" && exit 1; fi
  echo "ok   the broken installer is found out: configuration not kept"
  exit $failed
fi
# A payment in hand. The simulators run from a file of their own: the installed one must be free to be replaced.
w wine simulator.exe simulate terminal --listen tcp://127.0.0.1:10000 --panel 127.0.0.1:10001 --manual-keys --bank "$windows_share\\bank.jsonl" >terminal.log 2>&1 &
w wine simulator.exe simulate platform --listen 127.0.0.1:9080 --bank "$windows_share\\bank.jsonl" >platform.log 2>&1 &
until_ok curl -sf http://127.0.0.1:10001/state >/dev/null
until_ok curl -s http://127.0.0.1:9080/ >/dev/null
sportello pay 302000100000000107 --terminal cassa1 --json >paid.json 2>paid.log &
paying=$!
ok 'a payment waits for its card' until_ok waits_for_card
ok 'who asks is told' says 'Cassa 1 in uso per un pagamento' sportello service upgrade-ready --wait 0s
wine_more=(WINEDEBUG=-all,+eventlog)
ok 'and so is the event log' says 'Installazione di Sportello POS rifiutata' sportello service upgrade-ready --wait 0s
wine_more=()
ok 'an upgrade is refused while a payment is in hand' not msi /i new.msi
ok 'a removal is refused likewise' not msi /x old.msi
ok 'the old version goes on as if nothing had been' goes_on
key card && key pin
ok 'the payment is charged' charged
until_ok sportello service upgrade-ready --wait 0s >/dev/null

rm "$prefix/drive_c/Program Files/Sportello/LICENSE.txt"
ok 'repairs' msi /i old.msi REINSTALL=ALL REINSTALLMODE=amus
ok 'what was missing is there again' ls "$prefix/drive_c/Program Files/Sportello/LICENSE.txt"
ok 'the service answers after the repair' page
ok 'upgrades' msi /i new.msi
ok 'the new version answers' says '"0.9.1"' page
ok 'configuration kept' grep -q 'dell amministratore' "$data/config.yaml"
ok 'ledger sound, the payment in it' says 'charged' sportello payments --json
ok 'the ledger is whole' sportello ledger check
ok 'a downgrade is refused' not msi /i old.msi
ok 'the newer version stays' says '"0.9.1"' page
service_pid=$(pgrep -f 'sportello.exe.* service run' | head -1)
kill -KILL "$service_pid"
ok 'after a kill it starts again, the ledger sound' revives
ok 'removes' msi /x new.msi
ok 'program and service gone' gone
ok 'ledger and configuration kept' sh -c "ls '$data'/*.db '$data/config.yaml'"
# The same with a removal that fails when it is told to, after the service has gone.
cp new.msi failing.msi
msibuild failing.msi -q "INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES ('fails', 3106, 'INSTALLDIR', '\"[System64Folder]cmd.exe\" /c exit 1')" \
  -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('fails', 'FAILS', 2500)"
ok 'installs over what is there' msi /i failing.msi "CONFIG=$windows_share\\prepared\\config.yaml"
ok 'CONFIG does not touch the configuration that is there' grep -q 'dell amministratore' "$data/config.yaml"
ok 'the payment is still there' says 'charged' sportello payments --json
settings >before
ok 'a removal that fails ends so' not msi /x failing.msi FAILS=yes
ok 'and brings the service back with all its settings' diff before <(settings)
ok 'running' says '"0.9.1"' page
ok 'removes with PURGE=ledger' msi /x failing.msi PURGE=ledger
ok 'nothing left' sh -c "[ ! -e '$data' ]"
exit $failed
