# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for cutover-vmm

_cutover_vmm() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $previous in
    -accel) mapfile -t COMPREPLY < <(compgen -W 'thread kvm kvm:thread' -- "$current") ;;
    -device)
        mapfile -t COMPREPLY < <(compgen -W 'help tap-net,id= vhost-user-blk,id= console,id= ballast,id=' -- "$current")
        compopt -o nospace
        ;;
    -object)
        mapfile -t COMPREPLY < <(compgen -W 'memory-backend-memfd,id=' -- "$current")
        compopt -o nospace
        ;;
    -qmp)
        mapfile -t COMPREPLY < <(compgen -W 'unix:' -- "$current")
        compopt -o nospace
        ;;
    -incoming)
        mapfile -t COMPREPLY < <(compgen -W 'defer unix: tcp: config:' -- "$current")
        compopt -o nospace
        ;;
    -machine)
        mapfile -t COMPREPLY < <(compgen -W 'compat=' -- "$current")
        compopt -o nospace
        ;;
    -msg) mapfile -t COMPREPLY < <(compgen -W 'timestamp=on timestamp=off' -- "$current") ;;
    -D)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames
        ;;
    -name | -m | -smp | -global | -trace) ;;
    *)
        mapfile -t COMPREPLY < <(compgen -W '-name -m -smp -accel -machine -object -device -global -qmp -incoming
            -precreate -S -D -trace -msg -help -version' -- "$current")
        ;;
    esac
}

complete -F _cutover_vmm cutover-vmm
