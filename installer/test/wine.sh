# wine.sh, to be sourced: wine 10 in a Debian 13 root of its own, since Debian 12's wine 8 cannot run Go programs.
#
#   wine_ready          makes the root once, in the cache; false where that cannot be
#   wine_enter "$0" "$@"   runs the script again in namespaces of its own (mounts, processes, network with a loopback
#                       only): what it starts and mounts ends with it. The root is under an overlay, so no run
#                       changes it, and each has a fresh prefix.
#   w COMMAND...        a command in there, in the current folder, for wine_limit seconds at most (300)
#   prefix              drive C, seen from out here
wine_cache=${XDG_CACHE_HOME:-/var/cache}/sportello-ci
wine_base=$wine_cache/wine10
wine_env=(PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root XDG_RUNTIME_DIR=/run LANG=C.UTF-8 WINEPREFIX=/root/prefix "WINEDEBUG=${WINEDEBUG:--all}" WINEDLLOVERRIDES=mscoree,mshtml=)

# The Debian mirror that this machine itself uses.
wine_mirror() {
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ { print $4; exit }'
}

wine_ready() {
  [ -e "$wine_base/.ready" ] && return
  [ "$(id -u)" = 0 ] || { echo "wine 10 needs root to be set up" >&2 && return 1; }
  local here mirror
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  "$here/.ci/need" mmdebstrap mmdebstrap || return 1
  mirror=$(wine_mirror)
  [ -n "$mirror" ] || { echo "this machine has no Debian mirror among its apt sources" >&2 && return 1; }
  mkdir -p "$wine_cache"
  rm -rf --one-file-system "$wine_base.part"
  echo "making the root with wine 10, once" >&2
  mmdebstrap --quiet --variant=apt --include=wine,wine64 --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Languages "none"' trixie "$wine_base.part" "$mirror" >&2 || return 1
  rm -rf --one-file-system "$wine_base.part"/var/cache/apt/archives/*.deb "$wine_base.part"/var/lib/apt/lists/*
  # A prefix of Windows 10, ready. In namespaces: what it starts must not stay.
  unshare --mount --propagation private --pid --fork --kill-child bash -ec '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    run() { chroot "$root" env -i "$@"; }
    run "$@" wineboot -i
    run "$@" wine winecfg -v win10
    run "$@" wineserver -w' - "$wine_base.part" "${wine_env[@]}" >/dev/null 2>&1 || return 1
  touch "$wine_base.part/.ready"
  mv -T "$wine_base.part" "$wine_base"
}

wine_enter() {
  if [ -z "${SPORTELLO_IN_WINE:-}" ]; then
    exec env SPORTELLO_IN_WINE=1 unshare --mount --propagation private --pid --fork --kill-child --net --mount-proc "$@"
  fi
  unset SPORTELLO_IN_WINE
  local repo
  repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  ip link set lo up
  wine_work=$(mktemp -d)
  mount -t tmpfs -o size=4g tmpfs "$wine_work" # killed in the middle, it leaves an empty folder
  trap wine_leave EXIT
  mkdir "$wine_work"/{upper,work,root,share}
  wine_root=$wine_work/root
  mount -t overlay overlay -o "lowerdir=$wine_base,upperdir=$wine_work/upper,workdir=$wine_work/work" "$wine_root"
  mount -t proc proc "$wine_root/proc"
  mount --rbind /dev "$wine_root/dev"
  # The repository, not to be written to, and one folder to hand things over; both under their own names.
  mkdir -p "$wine_root$repo" "$wine_root$wine_work/share"
  mount --bind "$repo" "$wine_root$repo"
  mount -o remount,bind,ro "$wine_root$repo"
  mount --bind "$wine_work/share" "$wine_root$wine_work/share"
  echo '127.0.0.1 localhost' >"$wine_root/etc/hosts"
  share=$wine_work/share
  prefix=$wine_root/root/prefix
}

# wine_leave ends what runs in there and takes the mounts away; nothing is deleted by name.
wine_leave() {
  local code=$?
  chroot "$wine_root" env -i "${wine_env[@]}" wineserver -k >/dev/null 2>&1 || true
  umount -R -l "$wine_work" && rmdir "$wine_work"
  return "$code"
}

w() { timeout "${wine_limit:-300}" chroot "$wine_root" env -i "${wine_env[@]}" ${wine_more[@]+"${wine_more[@]}"} sh -c 'cd "$0" 2>/dev/null; exec "$@"' "$PWD" "$@"; }
