#!/usr/bin/env bash
# windows.sh [PACKAGE...]: the Windows build of our tests, run under wine 10. What is not run there stands in
# windows-skips.tsv with its reason, and is printed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
. "$here/wine.sh"
skips=$here/windows-skips.tsv
packages=("$@")
[ $# -gt 0 ] || mapfile -t packages < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | sed 's|^sportello/||')

# Built out here, where modules can be fetched; in there is no network.
if [ -z "${SPORTELLO_IN_WINE:-}" ]; then
  wine_ready || { echo "LEFT OUT: the Windows tests: wine 10 cannot be set up here" && exit 0; }
  SPORTELLO_WINDOWS_TESTS=$(mktemp -d)
  export SPORTELLO_WINDOWS_TESTS
  for p in "${packages[@]}"; do
    GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go test -c -o "$SPORTELLO_WINDOWS_TESTS/${p//\//_}.test.exe" "./$p"
  done
  case " ${packages[*]} " in *' cmd/sportello '*)
    GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -tags failpoint -o "$SPORTELLO_WINDOWS_TESTS/program.exe" ./cmd/sportello ;;
  esac
  code=0
  (wine_enter "$0" "${packages[@]}") || code=$?
  rm -rf "$SPORTELLO_WINDOWS_TESTS"
  exit $code
fi
wine_enter
mv "$SPORTELLO_WINDOWS_TESTS"/*.exe "$share/"

# windows-skips.tsv: package, "not" or "only", a pattern of tests, the reason.
of() { awk -F'\t' -v p="$1" -v kind="$2" '$1 == p && $2 == kind { printf "%s%s", n++ ? "|" : "", $3 }' "$skips"; }
wine_more=("SPORTELLO_TEST_BINARY=Z:${share//\//\\}\\program.exe")
failed=0 wine_limit=400
for p in "${packages[@]}"; do
  [ -e "$share/${p//\//_}.test.exe" ] || continue
  awk -F'\t' -v p="$p" '$1 == p { print "LEFT OUT: on Windows, " p ($2 == "not" ? ": " : ", all but ") $3 ": " $4 }' "$skips"
  not=$(of "$p" not) only=$(of "$p" only)
  [ "$not" != . ] || continue
  log=$wine_work/log began=$SECONDS
  if (cd "$p" && w wine "$share/${p//\//_}.test.exe" -test.timeout 6m ${not:+-test.skip="$not"} ${only:+-test.run="$only"} -test.v) >"$log" 2>&1; then
    echo "ok   on Windows: $p, $(grep -ac '^=== RUN' "$log") tests in $((SECONDS - began)) s"
    { grep -a -B1 -- '--- SKIP' "$log" || true; } | { grep -av -- '^--$' || true; } | sed -n 's/^ *[a-z_]*_test.go:[0-9]*: \(.*\)/LEFT OUT: on Windows, '"${p//\//\\/}"': \1/p' | tr -d '\r' | sort -u
  else
    echo "FAIL on Windows: $p"
    tr -d '\r' <"$log" | grep -av '^=== \|^ *--- PASS' | tail -"${SPORTELLO_LINES:-60}" | sed 's/^/     /'
    failed=1
  fi
done
exit $failed
