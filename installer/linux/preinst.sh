#!/bin/sh
# Before unpacking. deb: install, upgrade; rpm: 1 for the first installation, 2 for an upgrade. An upgrade waits a
# moment for a payment in hand, then refuses; a service that is stopped, or does not answer, keeps nobody off.
set -e
case "$1" in
  upgrade|2) [ ! -x /usr/bin/sportello ] || /usr/bin/sportello service upgrade-ready --wait "${SPORTELLO_UPGRADE_WAIT:-30s}" --config /etc/sportello/config.yaml ;;
esac
