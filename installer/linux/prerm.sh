#!/bin/sh
# Before removal. deb: remove, upgrade; rpm: 0 for removal, 1 for an upgrade.
set -e
[ -d /run/systemd/system ] || exit 0
case "$1" in
  remove|0) systemctl disable --now sportello.service || true ;;
esac
