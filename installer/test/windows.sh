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
  code=0
  (wine_enter "$0" "${packages[@]}") || code=$?
  rm -rf "$SPORTELLO_WINDOWS_TESTS"
  exit $code
fi
wine_enter
mv "$SPORTELLO_WINDOWS_TESTS"/*.exe "$share/"

failed=0
for p in "${packages[@]}"; do
  [ -e "$share/${p//\//_}.test.exe" ] || continue
  whole=$(awk -F'\t' -v p="$p" '$1 == p && $2 == "*" { print $3 }' "$skips")
  if [ -n "$whole" ]; then
    echo "LEFT OUT: on Windows, tests of $p: $whole"
    continue
  fi
  skip=$(awk -F'\t' -v p="$p" '$1 == p { printf "%s%s", n++ ? "|" : "", $2 }' "$skips")
  awk -F'\t' -v p="$p" '$1 == p { print "LEFT OUT: on Windows, " p " " $2 ": " $3 }' "$skips"
  log=$wine_work/log
  if (cd "$p" && w wine "$share/${p//\//_}.test.exe" -test.timeout 4m ${skip:+-test.skip="$skip"} -test.v=test2json) >"$log" 2>&1; then
    echo "ok   on Windows: $p, $(grep -ac '^.\?=== RUN' "$log") tests, $(grep -ac -- '--- SKIP' "$log") of them say that they skip"
  else
    echo "FAIL on Windows: $p"
    grep -av '^.\?=== \|^ *.\?--- PASS' "$log" | tail -${SPORTELLO_LINES:-60} | sed 's/^/     /'
    failed=1
  fi
done
exit $failed
