#!/usr/bin/env bash
# sign.sh FILE...: signs Windows programs and installers in place (Authenticode, SHA-256). The key comes from outside:
#   SPORTELLO_SIGN_CERTS  PEM: our certificate, then those that lead to its authority
#   SPORTELLO_SIGN_KEY    PEM of the key, or a PKCS#11 address (pkcs11:…) with SPORTELLO_SIGN_PKCS11 naming the module of
#                         a token or HSM; SPORTELLO_SIGN_PASS names a file with the passphrase
#   SPORTELLO_SIGN_TSA    address of a time stamp authority (RFC 3161): without one a signature ends with its certificate
# Without a time stamp, and with SOURCE_DATE_EPOCH, the same file gives the same bytes.
set -euo pipefail
: "${SPORTELLO_SIGN_CERTS:?} ${SPORTELLO_SIGN_KEY:?}"
how=(-certs "$SPORTELLO_SIGN_CERTS" -key "$SPORTELLO_SIGN_KEY" -h sha256 -n 'Sportello POS')
[ -z "${SPORTELLO_SIGN_PKCS11:-}" ] || how+=(-pkcs11module "$SPORTELLO_SIGN_PKCS11")
[ -z "${SPORTELLO_SIGN_PASS:-}" ] || how+=(-readpass "$SPORTELLO_SIGN_PASS")
if [ -n "${SPORTELLO_SIGN_TSA:-}" ]; then
  how+=(-ts "$SPORTELLO_SIGN_TSA")
elif [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
  how+=(-time "$SOURCE_DATE_EPOCH")
fi
for file in "$@"; do
  osslsigncode sign "${how[@]}" -in "$file" -out "$file.signed" >/dev/null
  mv "$file.signed" "$file"
done
