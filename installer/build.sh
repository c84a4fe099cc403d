#!/usr/bin/env bash
# build.sh [VERSION] [OUT]: everything that is given to people, by one command, the same bytes twice:
#   sportello-VERSION-{linux-amd64,linux-arm64}, .exe, .deb, .rpm, .msi, bill of materials (CycloneDX), notices of
#   third parties, SHA256SUMS.
# VERSION (default: the newest tag, else 0.0.COMMITS) has three numbers, since an MSI knows no others. OUT
# is the folder for all of it (default: bin/dist). What cannot be made here is printed as LEFT OUT. SOURCE_DATE_EPOCH
# (default: the commit's time) is the time that stands in the packages. With SPORTELLO_SIGN_CERTS and …_KEY the
# Windows files are signed (sign/sign.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cd "$root"

version=${1:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || echo "0.0.$(git rev-list --count HEAD)")}
version=${version#v}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "build.sh: version \"$version\" is not three numbers, like 1.4.2" >&2 && exit 2; }
out=${2:-$root/bin/dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export TZ=UTC LC_ALL=C CGO_ENABLED=0 GOFLAGS=
umask 022

work=$(mktemp -d)
resource=$root/cmd/sportello/resource_windows_amd64.syso # the name keeps it out of Linux builds
trap 'rm -rf "$work" "$resource"' EXIT
left_out() { echo "LEFT OUT: $*"; }

# The page is built where there is Node; a binary without it says so to whoever opens it.
tags=()
page=()
if command -v npm >/dev/null; then
  make --no-print-directory page
  tags=(-tags webui)
  page=(-page)
else
  left_out "the page: npm is missing, the binaries carry a page that says so"
fi

tool() { # tool NAME PACKAGE: a tool of installer/tools, or a pinned one of its go.mod
  go -C "$here/tools" build -trimpath -buildvcs=false -o "$work/$1" "$2"
}
tool bill ./bill
tool nfpm github.com/goreleaser/nfpm/v2/cmd/nfpm
tool goversioninfo github.com/josephspurrier/goversioninfo/cmd/goversioninfo

# Version and name that Windows shows of the exe.
IFS=. read -r major minor patch <<<"$version"
sed -e "s/@VERSION@/$version/g" -e "s/@MAJOR@/$major/" -e "s/@MINOR@/$minor/" -e "s/@PATCH@/$patch/" \
  "$here/windows/versioninfo.json" >"$work/versioninfo.json"
cp "$here/windows/sportello.ico" "$work/"
(cd "$work" && ./goversioninfo -64 -o "$resource" versioninfo.json)

binary() { # binary OS ARCH FILE
  echo "binary $1/$2"
  GOOS=$1 GOARCH=$2 go build "${tags[@]}" -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$3" ./cmd/sportello
}
binary linux amd64 "$out/sportello-$version-linux-amd64"
binary linux arm64 "$out/sportello-$version-linux-arm64"
binary windows amd64 "$out/sportello-$version-windows-amd64.exe"
rm -f "$resource"
signed() { [ -z "${SPORTELLO_SIGN_CERTS:-}" ] || "$here/sign/sign.sh" "$@"; }
[ -n "${SPORTELLO_SIGN_CERTS:-}" ] || left_out "signatures: SPORTELLO_SIGN_CERTS names no certificate"
signed "$out/sportello-$version-windows-amd64.exe"

"$work/bill" -version "$version" "${page[@]}" -root "$root" -sbom "$out/sportello-$version.cdx.json" -notices "$out/THIRD-PARTY-NOTICES.txt" \
  "$out/sportello-$version-linux-amd64" "$out/sportello-$version-linux-arm64" "$out/sportello-$version-windows-amd64.exe"

# Linux packages: all files in one folder, with the time that the packages shall show. The manual page is what the
# program, as this machine can run it, says of itself.
mtime=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
go build -trimpath -buildvcs=false -o "$work/here" ./cmd/sportello
"$here/linux/man.sh" "$work/here" "$version" "${mtime%T*}" | gzip -9n >"$work/sportello.1.gz"
for arch in amd64 arm64; do
  stage=$work/$arch
  mkdir "$stage"
  cp "$here"/linux/* "$here"/policies/*.json "$work/sportello.1.gz" "$root/docs/installazione.md" "$root/docs/richiesta-al-fornitore.md" "$root/cmd/sportello/internal/config/testdata/sample.yaml" "$out/THIRD-PARTY-NOTICES.txt" "$stage/"
  mv "$stage/sample.yaml" "$stage/config.yaml"
  cp "$out/sportello-$version-linux-$arch" "$stage/sportello"
  cp "$root/LICENSE" "$stage/copyright"
  sed -i -e "s/@ARCH@/$arch/" -e "s/@VERSION@/$version/" -e "s/@MTIME@/$mtime/" "$stage/nfpm.yaml"
  find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  for kind in deb rpm; do
    echo "package $kind $arch"
    (cd "$stage" && "$work/nfpm" package -p "$kind" -t "$out/sportello-$version-$arch.$kind" >/dev/null)
  done
done

# Windows installer.
missing=()
for c in wixl msibuild faketime; do command -v "$c" >/dev/null || missing+=("$c"); done
if [ ${#missing[@]} = 0 ]; then
  echo "package msi amd64"
  "$here/windows/build-msi.sh" "$version" "$out/sportello-$version-windows-amd64.exe" "$out/sportello-$version-amd64.msi"
  signed "$out/sportello-$version-amd64.msi"
else
  left_out "the MSI: ${missing[*]} missing (Debian: apt-get install wixl msitools faketime)"
fi

(cd "$out" && find . -maxdepth 1 -type f -name '*sportello-'"$version"'*' -o -maxdepth 1 -name THIRD-PARTY-NOTICES.txt | sed 's|^\./||' | sort | xargs sha256sum >SHA256SUMS)
echo "done: $out"
