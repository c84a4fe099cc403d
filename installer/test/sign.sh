#!/usr/bin/env bash
# sign.sh FILE...: signs copies with an authority made for this test, and shows that only what it has signed, untouched,
# is accepted.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
ok() { if "${@:2}" >"$work/said" 2>&1; then echo "ok   $1"; else echo "FAIL $1" && sed 's/^/     /' "$work/said" && failed=1; fi; }
not() { ! "$@"; }
authority() { # authority NAME: NAME.pem signs NAME-code.pem
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Prova $1" -keyout "$work/$1.key" -out "$work/$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj "/CN=Prova firma $1" -keyout "$work/$1-code.key" -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$work/$1.pem" -CAkey "$work/$1.key" -CAcreateserial -days 20 -out "$work/$1-code.pem" \
    -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n') 2>/dev/null
}
authority ours
authority other
verify() { osslsigncode verify -CAfile "$work/$1.pem" -in "$2"; }
now=$(date +%s)
for file in "$@"; do
  name=$(basename "$file")
  cp "$file" "$work/signed"
  ok "signed with a key from outside: $name" env SPORTELLO_SIGN_CERTS="$work/ours-code.pem" SPORTELLO_SIGN_KEY="$work/ours-code.key" SOURCE_DATE_EPOCH="$now" "$here/../sign/sign.sh" "$work/signed"
  ok "accepted: $name" verify ours "$work/signed"
  cp "$file" "$work/again"
  SPORTELLO_SIGN_CERTS="$work/ours-code.pem" SPORTELLO_SIGN_KEY="$work/ours-code.key" SOURCE_DATE_EPOCH="$now" "$here/../sign/sign.sh" "$work/again"
  ok "the same bytes twice: $name" cmp "$work/signed" "$work/again"
  ok "of another authority, refused: $name" not verify other "$work/signed"
  ok "unsigned, refused: $name" not verify ours "$file"
  # One bit in the middle.
  at=$(($(stat -c %s "$file") / 2))
  byte=$(od -An -tu1 -j "$at" -N 1 "$work/signed" | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$work/signed" bs=1 seek="$at" conv=notrunc status=none
  ok "tampered with, refused: $name" not verify ours "$work/signed"
done
exit $failed
