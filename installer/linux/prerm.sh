#!/bin/sh
# Before removal. deb: remove, upgrade; rpm: 0 for removal, 1 for an upgrade (then the new version is there already,
# and its own script has asked).
set -e
[ -d /run/systemd/system ] || exit 0
case "$1" in
  remove|0)
    /usr/bin/sportello service upgrade-ready --wait "${SPORTELLO_UPGRADE_WAIT:-30s}" --config /etc/sportello/config.yaml
    systemctl disable --now sportello.service || true
    ;;
esac
