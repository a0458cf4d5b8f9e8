# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Debian packages: building, checking and trying them. Read by packaging/dev.
# shellcheck shell=bash disable=SC2154 # top, cache, suite, mirror and hash are those of packaging/dev

# deb [--try]: leaves the packages in build/deb.
deb() {
    case ${1:-} in
    '') build_packages && check_packages ;;
    --try) build_packages && check_packages && try_packages ;;
    *) die 'deb knows only --try' ;;
    esac
}

# Builds from a copy of the sources: debhelper leaves much behind in the tree where it runs.
build_packages() {
    local folder=$top/build/deb
    rm -rf "$folder"
    mkdir -p "$folder/cutover"
    tar -C "$top" --exclude=./build --exclude=./.git --exclude=./.cache -c . | tar -C "$folder/cutover" -x
    mv "$folder/cutover/packaging/debian" "$folder/cutover/debian"
    say 'building the packages'
    (
        cd "$folder/cutover"
        DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(job_count)"
        export DEB_BUILD_OPTIONS CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
        # What Debian takes for granted (build-essential) we name one by one.
        dpkg-checkbuilddeps -I
        dpkg-buildpackage --build=binary --no-sign --no-check-builddeps
    ) >"$folder/build.log" 2>&1 || {
        tail -n 40 "$folder/build.log" >&2
        say "the packages could not be built; all of it is in $folder/build.log"
        return 1
    }
    rm -rf "$folder/cutover"
    (cd "$folder" && ls -sh ./*.deb)
}

check_packages() {
    lintian --allow-root --display-info --fail-on error,warning,info "$top"/build/deb/cutover_*.changes &&
        say 'lintian finds nothing'
}

# Installs the packages in a fresh Debian, uses them there as a user would, and removes them.
try_packages() {
    local plain=$cache/plain-$suite-${hash:-0} fresh=$top/build/deb/root
    if ((EUID != 0)); then
        outcome='skipped: a fresh Debian with its own users can be made as root only'
        say "$outcome"
        return
    fi
    with_lock "$cache/plain.lock" make_plain "$plain" || return
    remove_tree "$fresh"
    cp -a --reflink=auto "$plain" "$fresh"
    mkdir -p "$cache/archives/partial" "$fresh/packages"
    cp "$top"/build/deb/*.deb "$top/tests/packages/tryout.sh" "$fresh/packages/"
    local status=0
    # Its own processes and network devices end with it; packages come over the network of this machine.
    bwrap --bind "$fresh" / --dev-bind /dev /dev --proc /proc --ro-bind /sys /sys --tmpfs /tmp --tmpfs /run \
        --bind "$cache/archives" /var/cache/apt/archives --ro-bind /etc/resolv.conf /etc/resolv.conf \
        --unshare-pid --die-with-parent --cap-add ALL --clearenv --setenv LC_ALL C.UTF-8 --setenv HOME /root \
        --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy+--setenv http_proxy "$http_proxy"} -- /packages/tryout.sh || status=$?
    remove_tree "$fresh"
    return "$status"
}

make_plain() { # FOLDER
    [[ ! -e $1 ]] || return 0
    say 'making a plain Debian 13 to install the packages in'
    rm -rf "$1.new"
    retry 'making it' mmdebstrap --quiet --mode=root --variant=apt --skip=chroot/mount,cleanup/apt/lists \
        --aptopt='APT::Sandbox::User "root"' --dpkgopt=force-unsafe-io "$suite" "$1.new" "$mirror" >&2 || return
    mv -T "$1.new" "$1"
}
