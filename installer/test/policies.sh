#!/usr/bin/env bash
# policies.sh: the browsers' policies say the same in both forms, and the page's port is the sample's.
set -euo pipefail
cd "$(dirname "$0")/../policies"
failed=0
ok() { if "${@:2}" >/dev/null 2>&1; then echo "ok   $1"; else echo "FAIL $1" && failed=1; fi; }
# One line a value: NAME[/N]=VALUE, from either form.
of_reg() {
  tr -d '\r' <"$1" | awk '/^\[/ { n = split($0, p, /[\\\]]/); name = p[n-1]; list = (n > 6); next }
    /^"/ { i = index($0, "\"="); key = substr($0, 2, i - 2); v = substr($0, i + 2); gsub(/^"|"$/, "", v)
      if (sub(/^dword:0*/, "", v) && v == "") v = 0; print (list ? name "/" key : key) "=" v }' | sort
}
of_json() {
  sed -e 's/true/1/; s/false/0/' "$1" | awk '/^  "[^"]*": \[/ { split($0, p, "\""); name = p[2]; n = 0; next }
    name && /^    "/ { split($0, p, "\""); print name "/" ++n "=" p[2]; next }
    /^  \]/ { name = ""; next }
    /^  "/ { i = index($0, "\": "); key = substr($0, 4, i - 4); v = substr($0, i + 3); sub(/,$/, "", v); gsub(/"/, "", v); print key "=" v }' | sort
}
port=$(sed -n 's/^listen: *\([0-9.:]*\).*/\1/p' ../../cmd/sportello/internal/config/testdata/sample.yaml)
for browser in chrome edge; do
  ok "policies of $browser: registry and JSON agree" diff <(of_reg $browser.reg) <(of_json $browser.json)
  ok "policies of $browser: nine values" test "$(of_json $browser.json | wc -l)" = 9
  ok "policies of $browser: the page of the sample" grep -q "http://$port/" $browser.json
  ok "policies of $browser: lines of Windows" test "$(grep -c $'\r$' $browser.reg)" = "$(wc -l <$browser.reg)"
done
ok "kiosk: the page of the sample" grep -q "http://$port/" kiosk.cmd
exit $failed
