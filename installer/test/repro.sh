#!/usr/bin/env bash
# repro.sh VERSION FOLDER: builds the release of FOLDER once more, from a copy of the source elsewhere whose files have
# another time (where SPORTELLO_COLD is set, with empty caches of builds and modules), and compares every byte.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
version=$1 first=$(realpath "$2")
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
mkdir "$work/copy"
(cd "$root" && tar -c --exclude=./.git --exclude=./bin --exclude=./ui/web/dist . | tar -x -m -C "$work/copy")
[ -z "${SPORTELLO_COLD:-}" ] || export GOCACHE=$work/cache GOMODCACHE=$work/modules
"$work/copy/installer/build.sh" "$version" "$work/again" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
failed=0
for f in "$first"/*; do
  if cmp -s "$f" "$work/again/$(basename "$f")"; then echo "ok   same bytes twice: $(basename "$f")"; else echo "FAIL differs: $(basename "$f")" && failed=1; fi
done
[ "$(ls "$first")" = "$(ls "$work/again")" ] || { echo "FAIL not the same files" && failed=1; }
exit $failed
