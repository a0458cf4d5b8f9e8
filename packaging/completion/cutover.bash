# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for cutover

_cutover() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    # The word breaks of readline split "qmp:/path" at the colon.
    if [[ $current == : ]]; then
        current=''
    fi
    if [[ $previous == : ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $previous in
    --source) mapfile -t COMPREPLY < <(compgen -W 'qmp: pid:' -- "$current") && compopt -o nospace && return ;;
    qmp) mapfile -t COMPREPLY < <(compgen -f -- "$current") && compopt -o filenames && return ;;
    pid) mapfile -t COMPREPLY < <(compgen -W "$(pgrep -f 'qemu-system|cutover-vmm')" -- "$current") && return ;;
    --binary) mapfile -t COMPREPLY < <(compgen -c -f -- "$current") && return ;;
    --lab | --demo) mapfile -t COMPREPLY < <(compgen -W 'embedded qemu' -- "$current") && return ;;
    --output) mapfile -t COMPREPLY < <(compgen -d -- "$current") && compopt -o filenames && return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--source --lab --binary --help --version' -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -X '!*.cutover' -- "$current"; compgen -d -- "$current")
        compopt -o filenames
    fi
}

complete -F _cutover cutover
