#!/bin/sh
# After removal. The ledger is evidence about money: nothing here deletes it, except purge when it is told so
# with SPORTELLO_PURGE_LEDGER=yes.
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
[ "$1" = purge ] || exit 0
rm -rf /etc/sportello
if [ -e /var/lib/sportello ] && [ "${SPORTELLO_PURGE_LEDGER:-}" != yes ]; then
  echo "sportello: il registro degli incassi resta in /var/lib/sportello (cancellarlo a mano quando non serve più)"
  exit 0
fi
rm -rf /var/lib/sportello
userdel sportello 2>/dev/null || true
