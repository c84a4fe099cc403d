#!/usr/bin/env bash
# vm-image.sh: makes the virtual machine's disk once, in the cache, and prints the folder with vmlinuz, initrd and disk.img:
# a small Debian with its own kernel, systemd and udev, from the mirror that this machine itself uses. Not there: a
# reason on standard error, and exit 1. It needs root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/wine.sh" # wine_mirror, wine_cache
cache=$wine_cache/vm
stamp=$(cat "$0" "$here/vm-guest.sh" | sha256sum)
if [ "$(cat "$cache/.ready" 2>/dev/null)" = "$stamp" ]; then
  echo "$cache"
  exit
fi
[ "$(id -u)" = 0 ] || { echo "it needs root to be set up" >&2 && exit 1; }
"$here/../../.ci/need" mmdebstrap mmdebstrap || { echo "mmdebstrap is missing" >&2 && exit 1; }
mirror=$(wine_mirror)
[ -n "$mirror" ] || { echo "this machine has no Debian mirror among its apt sources" >&2 && exit 1; }
echo "making the virtual machine's disk, once" >&2
mkdir -p "$wine_cache"
rm -rf --one-file-system "$cache" "$cache.part"
mkdir "$cache.part"
root=$cache.part/root
# Of the first file system's modules the machine needs these; udev loads the rest from the disk.
small='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/etc/initramfs-tools/hooks"
  echo MODULES=list >"$1/etc/initramfs-tools/conf.d/sportello"
  echo COMPRESS=gzip >>"$1/etc/initramfs-tools/conf.d/sportello"
  { echo "#!/bin/sh"; echo "[ \"\$1\" = prereqs ] && exit"; echo ". /usr/share/initramfs-tools/hook-functions"; echo "for m in virtio_pci virtio_blk ext4 crc32c_generic; do force_load \$m; done"; } >"$1/etc/initramfs-tools/hooks/sportello"
  chmod +x "$1/etc/initramfs-tools/hooks/sportello"'
mmdebstrap --quiet --variant=minbase --include=systemd-sysv,udev,kmod,iproute2,linux-image-amd64 --essential-hook="$small" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' bookworm "$root" "$mirror" >&2 || exit 1
# The first file system needs no udev: the modules are listed, and the kernel makes /dev/vda.
rm "$root"/usr/share/initramfs-tools/{hooks,scripts/init-top,scripts/init-bottom}/udev
chroot "$root" update-initramfs -u >&2
mv "$root"/boot/vmlinuz-* "$cache.part/vmlinuz"
mv "$root"/boot/initrd.img-* "$cache.part/initrd"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,locale,man}/*
# What a counter has no use for, and would only make the image large.
rm -rf "$root"/lib/modules/*/kernel/{sound,drivers/{gpu,media,infiniband,isdn,staging,scsi,iio}}
install -m 755 "$here/vm-guest.sh" "$root/usr/local/sbin/vm-guest"
cat >"$root/etc/systemd/system/vm-guest.service" <<'UNIT'
[Unit]
Description=The test's hand in this machine
After=multi-user.target
[Service]
ExecStart=/usr/local/sbin/vm-guest
[Install]
WantedBy=multi-user.target
UNIT
cat >"$root/etc/systemd/system/vm-network.service" <<'UNIT'
[Unit]
Description=The network of this machine
DefaultDependencies=no
After=sys-subsystem-net-devices-eth0.device
Wants=sys-subsystem-net-devices-eth0.device
Before=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip address add 10.0.2.15/24 dev eth0 && ip link set eth0 up && ip route add default via 10.0.2.2'
[Install]
WantedBy=network-online.target
UNIT
echo sportello-vm >"$root/etc/hostname"
printf '127.0.0.1 localhost sportello-vm\n10.0.2.2 piattaforma.ente.example\n' >"$root/etc/hosts"
: >"$root/etc/machine-id"
chroot "$root" systemctl -q enable vm-guest vm-network >&2
# What a counter's machine would have and this one is quicker without.
chroot "$root" systemctl -q mask getty.target getty-static dev-hugepages.mount dev-mqueue.mount sys-kernel-{debug,tracing,config}.mount \
  sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount modprobe@{configfs,dm_mod,drm,efi_pstore,fuse,loop}.service \
  {apt-daily,apt-daily-upgrade,dpkg-db-backup,e2scrub_all,fstrim}.timer e2scrub_reap >&2
mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 -d "$root" "$cache.part/disk.img" 1000M >&2
rm -rf --one-file-system "$root"
mv -T "$cache.part" "$cache"
echo "$stamp" >"$cache/.ready"
echo "$cache"
