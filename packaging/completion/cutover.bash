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
    --destination) mapfile -t COMPREPLY < <(compgen -W 'derive qmp:' -- "$current") && compopt -o nospace && return ;;
    qmp | --state-file) mapfile -t COMPREPLY < <(compgen -f -- "$current") && compopt -o filenames && return ;;
    pid) mapfile -t COMPREPLY < <(compgen -W "$(pgrep -f 'qemu-system|cutover-vmm')" -- "$current") && return ;;
    --binary | --new-binary) mapfile -t COMPREPLY < <(compgen -c -f -- "$current") && return ;;
    --lab) mapfile -t COMPREPLY < <(compgen -W 'embedded qemu' -- "$current") && return ;;
    --demo) mapfile -t COMPREPLY < <(compgen -W 'embedded qemu list update fds-off one-device-off late-stop early-stop failed old-destination tcp lost-fd precreate split-brain rescue' -- "$current") && return ;;
    --output) mapfile -t COMPREPLY < <(compgen -d -- "$current") && compopt -o filenames && return ;;
    --mode) mapfile -t COMPREPLY < <(compgen -W 'cpr-transfer normal cpr-reboot cpr-exec' -- "$current") && return ;;
    --incoming) mapfile -t COMPREPLY < <(compgen -W 'defer uri' -- "$current") && return ;;
    --accel) mapfile -t COMPREPLY < <(compgen -W 'thread kvm tcg' -- "$current") && return ;;
    --handover) mapfile -t COMPREPLY < <(compgen -W 'prepared early-stop late-stop' -- "$current") && return ;;
    --migrate-fds) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    --network) mapfile -t COMPREPLY < <(compgen -W 'auto tap socket none' -- "$current") && return ;;
    --ram) mapfile -t COMPREPLY < <(compgen -W '256M 1G 4G' -- "$current") && return ;;
    --time-limit | --queues | --set | --fault | --i-know) return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--source --destination --binary --mode --state-file --incoming --set --unguarded
            --keep-source --relay --fault --i-know --no-trace --time-limit --migrate --lab --demo --output --new-binary --accel --queues --ram
            --network --handover --migrate-fds --help --version' -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -f -X '!*.cutover' -- "$current"; compgen -d -- "$current")
        compopt -o filenames
    fi
}

complete -F _cutover cutover
