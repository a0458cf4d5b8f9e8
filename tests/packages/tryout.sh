#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs as root in a fresh Debian, with our packages beside it: installs them, uses them, and purges them.
# "packaging/dev deb --try" makes that Debian.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
names=(cutover cutoverctl cutover-vmm)
export DEBIAN_FRONTEND=noninteractive QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=/run/user
mkdir -m 700 "$XDG_RUNTIME_DIR"

say() { printf '\n--- %s\n' "$*"; }
die() {
    printf 'FAIL: %s\n' "$*" >&2
    exit 1
}

# Everything on the disk that carries our name.
ours() { find / -xdev -path "$here" -prune -o -path /tmp -prune -o -iname '*cutover*' -print | sort; }

# install PACKAGE …: with nothing but what they depend on.
install() {
    apt-get install -qq -y --no-install-recommends "$@" >/tmp/apt.log 2>&1 ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@" >/tmp/apt.log 2>&1; } ||
        { tail -n 30 /tmp/apt.log >&2 && die "cannot install $*"; }
}

before=$(ours)
[[ -z $before ]] || die "the Debian is not fresh: $before"

say 'the programs without a display'
install "$here"/cutoverctl_*.deb "$here"/cutover-vmm_*.deb
! dpkg-query -W 'libqt6gui6*' 2>/dev/null | grep -q . || die 'the programs without a display need a display library'
cutoverctl --version
cutover-vmm -version
cutoverctl list

say 'the window'
install "$here"/cutover_*.deb
cutover --version

say 'the lab: a disk and a network'
install iproute2 qemu-utils
cutoverctl demo --record /tmp/demo.cutover
cutoverctl show /tmp/demo.cutover >/dev/null
cutoverctl export /tmp/demo.cutover --png -o /tmp/demo.png
[[ $(head -c 4 /tmp/demo.png) == *PNG ]] || die 'the picture of the timeline is no PNG'

say 'the window off screen'
status=0
timeout --signal=TERM 5 cutover >/tmp/window.log 2>&1 || status=$?
((status == 124)) || die "the window ended by itself with status $status: $(</tmp/window.log)"
# That line is the off-screen platform's own.
! grep -v '^This plugin does not support' /tmp/window.log || die 'the window complains'

say 'a live update in the window, off screen'
(cd /tmp && cutover --demo --output /tmp/demo) || die "the demo failed with status $?"
for file in /tmp/demo/*.png /tmp/demo/*.cutover; do [[ -s $file ]] || die "the demo wrote no $file"; done

say 'what the desktop sees'
for file in applications/org.cutover.Cutover.desktop metainfo/org.cutover.Cutover.metainfo.xml \
    icons/hicolor/scalable/apps/org.cutover.Cutover.svg icons/hicolor/symbolic/apps/org.cutover.Cutover-symbolic.svg \
    mime/packages/org.cutover.Cutover.xml bash-completion/completions/cutover \
    zsh/vendor-completions/_cutover; do
    [[ -s /usr/share/$file ]] || die "/usr/share/$file is missing"
done
for name in "${names[@]}"; do
    [[ -s /usr/share/man/man1/$name.1.gz ]] || die "the manual page of $name is missing"
done

say 'purged'
rm -rf "${HOME:?}"/.config "${HOME:?}"/.local "${HOME:?}"/.cache # the user's, which stay
apt-get purge -qq -y "${names[@]}" >/tmp/apt.log 2>&1 || die "cannot purge: $(</tmp/apt.log)"
left=$(ours)
[[ -z $left ]] || die "left behind: $left"
! grep -s '^cutover' /proc/[0-9]*/comm || die 'a process is left'
say 'all as expected'
