#!/bin/sh
# After unpacking. deb: configure; rpm: 1 for the first installation, 2 for an upgrade.
set -e
case "$1" in abort-*) exit 0 ;; esac

if command -v systemd-sysusers >/dev/null 2>&1; then
  systemd-sysusers sportello.conf
elif ! getent passwd sportello >/dev/null; then
  useradd --system --no-create-home --home-dir /var/lib/sportello --shell /usr/sbin/nologin --user-group -G dialout sportello
fi
# The configuration holds secrets: the service reads it, other users do not. Files are the administrator's.
mkdir -p /etc/sportello
chown root:sportello /etc/sportello
chmod 0750 /etc/sportello
for f in /etc/sportello/*; do
  [ -f "$f" ] || continue
  chgrp sportello "$f"
  chmod u=rw,g=r,o= "$f"
done

[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload || true
# Terminals plugged in before get their names, too.
if command -v udevadm >/dev/null 2>&1; then
  udevadm control --reload && udevadm trigger --subsystem-match=tty || true
fi
# The first installation enables the service; later the administrator's choice stays. Debian gives the
# version that was there before as second argument.
if [ "$1" = 1 ] || { [ "$1" = configure ] && [ -z "$2" ]; }; then
  systemctl enable sportello.service >/dev/null 2>&1 || true
fi
if [ ! -e /etc/sportello/config.yaml ]; then
  echo "sportello: scrivere /etc/sportello/config.yaml (esempio: /usr/share/doc/sportello/config.yaml), poi: sportello service start"
elif systemctl is-enabled -q sportello.service 2>/dev/null; then
  # A service that does not start is said, but leaves the package installed: the cause is usually in a file
  # that only the administrator can mend.
  systemctl restart sportello.service || echo "sportello: il servizio non è partito; sportello doctor dice perché" >&2
fi
