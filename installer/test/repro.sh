#!/usr/bin/env bash
# repro.sh: builds the release twice, the second time from a copy in another folder with another clock's
# files, and compares every byte.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
"$root/installer/build.sh" 9.9.9 "$work/one"
mkdir "$work/copy"
(cd "$root" && tar -c --exclude=./.git --exclude=./bin . | tar -x -m -C "$work/copy")
"$work/copy/installer/build.sh" 9.9.9 "$work/two" | sed 's/^LEFT OUT:/(again) left out:/'
failed=0
for f in "$work"/one/*; do
  if cmp -s "$f" "$work/two/$(basename "$f")"; then echo "ok   same bytes twice: $(basename "$f")"; else echo "FAIL differs: $(basename "$f")" && failed=1; fi
done
[ "$(ls "$work/one")" = "$(ls "$work/two")" ] || { echo "FAIL not the same files" && failed=1; }
(cd "$work/one" && sha256sum --quiet -c SHA256SUMS) && echo "ok   SHA256SUMS" || failed=1
exit $failed
