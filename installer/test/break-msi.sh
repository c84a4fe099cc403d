#!/usr/bin/env bash
# break-msi.sh VERSION EXE OUT.msi: builds an installer that is wrong on purpose: the configuration is one of its own
# files, so that an upgrade writes over it. The test of the installer must find that out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/counter.sh" 'C:\ProgramData\Sportello' 'C:\ProgramData\Sportello' >"$work/config.yaml"
sed -e 's|<Directory Id="ProgramMenuFolder">|<Directory Id="CommonAppDataFolder"><Directory Id="DATADIR" Name="Sportello"><Component Id="cmpWrong" Guid="5D5C1E0F-6B0C-4E55-8A3E-7C1B0A9D2FFF" Win64="yes"><File Id="wrong" Name="config.yaml" Source="config.yaml" KeyPath="yes"/></Component></Directory></Directory>\n      &|' \
  -e 's|<ComponentRef Id="cmpMenu"/>|&<ComponentRef Id="cmpWrong"/>|' "$here/../windows/sportello.wxs" >"$work/wrong.wxs"
"$here/../windows/build-msi.sh" "$1" "$2" "$3" "$work/wrong.wxs" "$work/config.yaml"
