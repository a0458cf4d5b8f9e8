#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Checks the files that the packages hold beside the programs: the desktop file, metainfo, icons, manual pages and
# completions. tst_packagefiles.sh FOLDER, where the programs are.
set -euo pipefail

programs=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8

id=org.cutover.Cutover
desktop=packaging/desktop/$id.desktop
metainfo=packaging/desktop/$id.metainfo.xml
passed=0 failed=0 skipped=0

# check WHAT COMMAND …: the command must succeed and say nothing.
check() {
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if ((status == 0)) && [[ -z $output ]]; then
        passed=$((passed + 1))
    else
        printf 'FAIL   : %s (status %s)\n%s\n' "$what" "$status" "$output"
        failed=$((failed + 1))
    fi
}

# with TOOL WHAT COMMAND …: the same if the tool is installed.
with() {
    if command -v "$1" >/dev/null; then
        check "${@:2}"
    else
        printf 'SKIP   : %s: %s is not installed\n' "$2" "$1"
        skipped=$((skipped + 1))
    fi
}

# holds FILE TEXT …: each text stands in the file.
holds() {
    local file=$1 text
    shift
    for text in "$@"; do grep -qF -e "$text" "$file" || echo "$file does not have \"$text\""; done
}

validate_metainfo() {
    local output
    output=$(appstreamcli validate --no-net --strict --no-color "$metainfo") || echo "$output"
}
format_manual() { MANWIDTH=80 MANROFFSEQ='' man --warnings -E UTF-8 -Z -Tutf8 -l "$1" >/dev/null; }

# Every long option of the program's help is in its manual page and its completions.
same_options() { # PROGRAM
    local options option file
    options=$("$programs/$1" --help | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+' | sort -u)
    [[ $options == *--source* ]] || echo "$1 --help names no options"
    for option in $options; do
        case $option in
        --help-all | --author | --license | --desktopfile | --help | --version) continue ;; # Qt's and KDE's own
        esac
        for file in "packaging/completion/$1.bash" "packaging/completion/_$1"; do holds "$file" "$option"; done
        holds "packaging/man/$1.1" "Fl -${option#--}"
    done
}

same_version() {
    local version
    version=$(sed -nE 's/^project\(cutover VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)
    holds packaging/debian/changelog "cutover ($version)"
    holds "$metainfo" "<release version=\"$version\""
    "$programs/cutover" --version | grep -qF "$version" || echo "cutover --version is not $version"
}

same_id() {
    holds ui/application.h "\"$id\""
    holds "$desktop" "Icon=$id"
    holds "$metainfo" "<id>$id</id>" "$id.desktop"
    holds packaging/desktop/$id.mime.xml "name=\"$id\""
}

# The type that the desktop file opens is the one that is declared, and that the metainfo names.
same_type() {
    local type=application/x-cutover-recording
    holds "$desktop" "MimeType=$type;"
    holds "$metainfo" "<mediatype>$type</mediatype>"
    holds packaging/desktop/$id.mime.xml "type=\"$type\"" '"*.cutover"'
}

check 'one application id' same_id
check 'one type of recordings' same_type
check 'one version' same_version
with desktop-file-validate 'the desktop file is valid' desktop-file-validate "$desktop"
with appstreamcli 'the metainfo is valid' validate_metainfo
with python3 'XML is well-formed' python3 -c 'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' \
    resources/icons/*.svg packaging/desktop/*.xml
check 'options of cutover' same_options cutover
for program in cutover cutoverctl cutover-vmm; do
    with man "the manual page of $program" format_manual "packaging/man/$program.1"
    check "the completion of $program" bash -n "packaging/completion/$program.bash"
    check "$program is in a package" holds "packaging/debian/$program.install" "usr/bin/$program" \
        "man1/$program.1" "completions/$program" "site-functions/_$program"
done

printf 'Totals: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
