#!/usr/bin/env bash
# build-msi.sh VERSION EXE OUT.msi [WXS FILE...]: wixl, then what wixl cannot express is written into the tables. The same bytes
# twice: the clock stands still, product and package codes come from version and content.
set -euo pipefail
version=$1 exe=$(realpath "$2") out=$(realpath -m "$3")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
epoch=${SOURCE_DATE_EPOCH:-1767225600}
# An MSI's dates have a resolution of two seconds.
still() { faketime -f "$(date -u -d "@$((epoch / 2 * 2))" '+%Y-%m-%d %H:%M:%S')" "$@"; }
# A GUID (version 5 in its form) from a text on standard input.
guid() { sha1sum | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-5\3-8\4-\5/' | tr a-f A-F; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # wixl takes names relative to where it stands only
wxs=${4:-$here/sportello.wxs} # another one, with files of its own, is for tests
cp "$exe" sportello.exe
[ $# -le 4 ] || cp "${@:5}" .
cp "$here/sportello.url" "$here/sportello.ico" "$here"/../policies/*.{reg,cmd} "$root"/docs/{installazione,richiesta-al-fornitore}.md .
cp "$root/LICENSE" LICENSE.txt
cp "$root/cmd/sportello/internal/config/testdata/sample.yaml" config.sample.yaml
cp "$(dirname "$exe")/THIRD-PARTY-NOTICES.txt" .
product=$(printf 'sportello product %s' "$version" | guid)
package=$(cat ./* | guid)
sed "s/@PRODUCT@/$product/" "$wxs" >sportello.wxs
touch -d "@$((epoch / 2 * 2))" ./*

# wixl drops what it does not know with a mere warning: here that is an error.
still wixl -a x64 -D Version="$version" -o out.msi sportello.wxs 2>warnings || { cat warnings >&2 && exit 1; }
if grep -q 'WARNING' warnings; then
  echo "build-msi.sh: wixl does not understand a part of sportello.wxs:" >&2
  cat warnings >&2
  exit 1
fi
# With a version in the exe and none in the table Windows could keep the old exe at an upgrade.
still msibuild out.msi -q "UPDATE \`File\` SET \`Version\` = '$version.0', \`Language\` = '1040' WHERE \`File\` = 'sportello.exe'"
# CONFIG and PURGE pass from the user to the installation. The old version goes inside the transaction, so that a new
# one that does not start brings it back; wixl would remove it after the end. wixl also loses the places of our actions.
still msibuild out.msi \
  -q "UPDATE \`Property\` SET \`Value\` = 'CONFIG;PURGE;WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED' WHERE \`Property\` = 'SecureCustomProperties'" \
  -q "UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 1501 WHERE \`Action\` = 'RemoveExistingProducts'" \
  -q "UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 1910 WHERE \`Action\` = 'purge'" \
  -q "UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 5902 WHERE \`Action\` = 'settleWith'"
# Whether money is in hand is asked twice: at once, before anything has begun, by whoever installs; then with the
# system's rights, where that one may not ask. What is no longer there is not asked. (wixl knows no such action.)
ask='"[System64Folder]cmd.exe" /c if exist "[INSTALLDIR]sportello.exe" "[INSTALLDIR]sportello.exe" service upgrade-ready --wait 20s'
still msibuild out.msi \
  -q "INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES ('readyFirst', 34, 'INSTALLDIR', '$ask --lenient')" \
  -q "INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES ('ready', 3106, 'INSTALLDIR', '$ask')" \
  -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('readyFirst', 'Installed OR WIX_UPGRADE_DETECTED', 1390)" \
  -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('ready', 'Installed', 1890)"
# A removal, repair or upgrade that goes back brings the service as the table above has it: its restarts, its rights and
# its being started are set once more, last of all, since going back runs from the end.
again='"[System64Folder]cmd.exe" /c if exist "[INSTALLDIR]sportello.exe" "[INSTALLDIR]sportello.exe" service settle'
still msibuild out.msi \
  -q "INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES ('settleAgain', 3426, 'INSTALLDIR', '$again')" \
  -q "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('settleAgain', 'Installed', 1889)"
order=$(msiinfo export out.msi InstallExecuteSequence | tr -d '\r' | awk -F'\t' '{at[$1] = $3} END {
  print at["InstallInitialize"] < at["RemoveExistingProducts"] && at["RemoveExistingProducts"] < at["InstallFiles"] &&
    at["CostFinalize"] < at["readyFirst"] && at["FindRelatedProducts"] < at["readyFirst"] && at["readyFirst"] < at["InstallInitialize"] &&
    at["RemoveExistingProducts"] < at["settleAgain"] && at["settleAgain"] < at["ready"] && at["ready"] < at["StopServices"] && at["StopServices"] < at["purge"] && at["purge"] < at["RemoveFiles"] &&
    at["StartServices"] < at["settle"] && at["StartServices"] < at["settleWith"] && at["settleWith"] < at["InstallFinalize"]}')
[ "$order" = 1 ] || { echo "build-msi.sh: the sequence of the installation is not as it must be" >&2 && exit 1; }
still msibuild out.msi -s 'Sportello POS' 'Sportello POS' 'x64;1040' "{$package}"
mv out.msi "$out"
