#!/usr/bin/env bash
# man.sh PROGRAM VERSION DATE: the manual page sportello(1) to standard output, from what the program says of itself.
set -euo pipefail
program=$1 version=$2 date=$3
escape() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e 's/"/\\(dq/g' -e "s/^\([.']\)/\\\\\&\1/"; }
help=$("$program" help)
echo ".TH SPORTELLO 1 \"$date\" \"Sportello POS $version\" \"Sportello POS\""
echo '.SH NOME'
echo 'sportello \- incassa avvisi pagoPA con carta allo sportello'
echo '.SH USO'
printf '.B sportello\n.I COMANDO\n[argomenti]\n'
echo '.SH COMANDI'
while read -r command; do
  echo '.TP'
  "$program" help "$command" | sed -n '1s/^Uso: //p' | escape | sed 's/^/.B /'
  "$program" help "$command" | sed -n 's/^  //p' | sed '/^\$/d' | head -1 | escape
done < <(sed -n 's/^  \([a-z-]\{3,\}\)  *[^ ].*/\1/p' <<<"$help")
echo '.SH CODICI DI USCITA'
sed -n '/^I comandi trovano/,/^$/p' <<<"$help" | escape
cat <<'ROFF'
.SH FILE
.TP
.I /etc/sportello/config.yaml
configurazione (esempio: /usr/share/doc/sportello/config.yaml)
.TP
.I /var/lib/sportello
registro degli incassi, gettone della riga di comando
.SH VEDERE ANCHE
/usr/share/doc/sportello/installazione.md, systemctl(1), journalctl(1)
ROFF
