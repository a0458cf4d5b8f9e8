# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for cutoverctl

_cutoverctl_processes() {
    cutoverctl list --json 2>/dev/null | grep -o '"pid":[0-9]*' | tr -d '"'
}

_cutoverctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} options='' word
    # The word breaks of readline split "qmp:/path" at the colon.
    if [[ $current == : ]]; then
        current=''
    fi
    if [[ $previous == : ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W 'list check migrate rescue show export inspect demo lab runs --help --version' -- "$current")
        return
    fi
    for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
        if [[ $word == -- ]]; then
            mapfile -t COMPREPLY < <(compgen -c -f -- "$current")
            return
        fi
    done
    case $previous in
    --source) mapfile -t COMPREPLY < <(compgen -W "qmp: pid: $(_cutoverctl_processes)" -- "$current") && compopt -o nospace && return ;;
    qmp | --state-file | --record | --listen | --forward | --main-listen | --main-forward | --output | -o | --save | --show) mapfile -t COMPREPLY < <(compgen -f -- "$current") && compopt -o filenames && return ;;
    --destination) mapfile -t COMPREPLY < <(compgen -W 'derive qmp:' -- "$current") && compopt -o nospace && return ;;
    --pair) mapfile -t COMPREPLY < <(compgen -d -- "$current") && compopt -o filenames && return ;;
    --binary | --new-binary) mapfile -t COMPREPLY < <(compgen -c -f -- "$current") && return ;;
    --mode) mapfile -t COMPREPLY < <(compgen -W 'cpr-transfer normal cpr-reboot cpr-exec' -- "$current") && return ;;
    --incoming) mapfile -t COMPREPLY < <(compgen -W 'defer uri' -- "$current") && return ;;
    --to) mapfile -t COMPREPLY < <(compgen -W 'source destination' -- "$current") && return ;;
    --vmm) mapfile -t COMPREPLY < <(compgen -W 'embedded qemu' -- "$current") && return ;;
    --accel) mapfile -t COMPREPLY < <(compgen -W 'thread kvm tcg' -- "$current") && return ;;
    --handover) mapfile -t COMPREPLY < <(compgen -W 'prepared early-stop late-stop' -- "$current") && return ;;
    --migrate-fds) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    --network) mapfile -t COMPREPLY < <(compgen -W 'auto tap socket none' -- "$current") && return ;;
    --colours) mapfile -t COMPREPLY < <(compgen -W 'light dark' -- "$current") && return ;;
    --scale) mapfile -t COMPREPLY < <(compgen -W '1 2 4' -- "$current") && return ;;
    --ram) mapfile -t COMPREPLY < <(compgen -W '256M 1G 4G' -- "$current") && return ;;
    --time-limit | --migration | --queues | --set | --count | --fault | --i-know) return ;;
    esac
    case $command in
    list) options='--all --json' ;;
    check) options='--source --destination --binary --mode --state-file --incoming --set --unguarded --json' ;;
    migrate) options='--source --destination --binary --mode --state-file --incoming --set --unguarded --keep-source --relay --fault --i-know --no-trace --time-limit --record --json --yes -y' ;;
    rescue) options='--pair --source --to --yes -y --json' ;;
    show) options='--full --migration --json' ;;
    export) options='--html --svg --png --csv --perfetto --json --colours --scale --output -o' ;;
    inspect) options='--listen --forward --main-listen --main-forward --record --time-limit --json' ;;
    demo) options='--vmm --binary --new-binary --accel --handover --migrate-fds --queues --network --ram --bare --keep --list --record --json' ;;
    lab) options='--vmm --binary --accel --queues --network --ram --bare' ;;
    runs) options='--set --count --time-limit --save --show --json --yes -y' ;;
    esac
    case $command:$current in
    *:-*) mapfile -t COMPREPLY < <(compgen -W "$options --help -h" -- "$current") ;;
    show:* | export:*)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.cutover' -- "$current"; compgen -d -- "$current")
        compopt -o filenames
        ;;
    demo:*) mapfile -t COMPREPLY < <(compgen -W 'update fds-off one-device-off late-stop early-stop failed old-destination tcp lost-fd precreate split-brain rescue' -- "$current") ;;
    inspect:*)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames
        ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$current") ;;
    esac
}

complete -F _cutoverctl cutoverctl
