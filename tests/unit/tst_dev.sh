#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tests packaging/dev without network, root or build.
set -euo pipefail

dev=$(dirname "${BASH_SOURCE[0]}")/../../packaging/dev
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=packaging/dev
source "$dev"

bad=0
# same WHAT EXPECTED ACTUAL
same() {
    if [[ $2 != "$3" ]]; then
        printf 'FAIL: %s\n  expected: %q\n  actual:   %q\n' "$1" "$2" "$3"
        bad=1
    fi
}

text=$("$dev" --help)
for name in demo test build run shell soak bench lessons deb clean lint format; do
    [[ $text == *$'\n'"  $name "* ]] || same "--help names $name" yes no
done

status=0
text=$("$dev" nonsense 2>&1) || status=$?
same 'unknown command: status' 2 "$status"
same 'unknown command: message' 'dev: there is no command "nonsense"; packaging/dev --help lists them' "$text"
status=0
text=$("$dev" 2>/dev/null) || status=$?
same 'no command: status and output' '2 ' "$status $text"

top=$work
mkdir -p "$work/packaging"
printf '# words\none two # three\n\nfour\n' >"$work/packaging/packages.txt"
read_packages
same 'packages' 'one two four' "${packages[*]}"

# shellcheck disable=SC2034,SC2317 # used and called by the sourced functions
{
    pauses=()
    sleep() { pauses+=("$1"); }
    tries=0
    fails() { tries=$((tries + 1)) && return 1; }
    third() { tries=$((tries + 1)) && ((tries == 3)); }
}
status=0
retry 'a download' fails 2>"$work/retry" || status=$?
same 'retry gives up' '1 4 5 15 45' "$status $tries ${pauses[*]}"
same 'retry says so' 3 "$(grep -c 'a download failed: trying again' "$work/retry")"
tries=0
retry 'a download' third 2>/dev/null
same 'retry stops at a success' 3 "$tries"

# shellcheck disable=SC2034 # read by is_bound
bound=(/tmp /home)
for path in /tmp /tmp/a /home/x/y; do
    is_bound "$path" || same "$path is visible" yes no
done
for path in /tmpfoo /srv /; do
    ! is_bound "$path" || same "$path is visible" no yes
done

# shellcheck disable=SC2034 # read by is_the_roots
root=$work/root
mkdir -p "$root"/{usr/share,opt/mine}
: >"$root/opt/cookie"
for path in / /usr; do
    is_the_roots "$path" || same "$path stays the root's" yes no
done
for path in /opt/mine /opt/cookie /opt/absent; do
    ! is_the_roots "$path" || same "$path stays the root's" no yes
done

report='<testsuite name="x">
	<testcase name="tst_good" classname="tst_good" time="0.1" status="run">
		<system-out>PASS   : A::a()
Totals: 3 passed, 0 failed, 0 skipped, 0 blacklisted, 1ms
</system-out>
	</testcase>
	<testcase name="tst_part" classname="tst_part" time="0.1" status="run">
		<system-out>SKIP   : A::b(row) needs &lt;kvm&gt; &amp; more
Totals: 3 passed, 0 failed, 1 skipped, 0 blacklisted, 1ms
</system-out>
	</testcase>
	<testcase name="tst_none" classname="tst_none" time="0.1" status="run">
		<system-out>SKIP   : A::c() no QEMU
Totals: 2 passed, 0 failed, 1 skipped, 0 blacklisted, 1ms
</system-out>
	</testcase>
	<testcase name="tst_bad" classname="tst_bad" time="0.1" status="fail">
		<failure message=""/>
		<system-out>Totals: 2 passed, 1 failed, 0 skipped, 0 blacklisted, 1ms
</system-out>
	</testcase>
	<testcase name="tst_missing" classname="tst_missing" time="0" status="notrun">
	</testcase>
	<testcase name="fuzz_plain" classname="fuzz_plain" time="0.1" status="run">
		<system-out>11 inputs replayed</system-out>
	</testcase>
</testsuite>'
expected=$'passed\ttst_good\t
passed\ttst_part\t
part\ttst_part\tA::b(row) needs <kvm> & more
skipped\ttst_none\tA::c() no QEMU
failed\ttst_bad\t
failed\ttst_missing\t
passed\tfuzz_plain\t'
same 'report' "$expected" "$(read_report <<<"$report")"

# shellcheck disable=SC2317 # called by step
nothing() { outcome='skipped: nothing to do'; }
passed=0 failed=0 skipped=0 summary=() trouble=()
step one true >/dev/null
step two false >/dev/null || :
step three nothing >/dev/null
same 'a failing part counts' "$passed 1 $skipped" "$passed $failed $skipped"
same 'summary' 'ok FAILED skipped' "$(printf '%s\n' "${summary[@]}" | cut -d' ' -f1 | paste -sd' ')"

# Of two starts at once one does the work, the other waits and finds it done.
# shellcheck disable=SC2317 # called by with_lock
once() {
    [[ -e $work/done ]] || {
        echo worked >>"$work/count"
        command sleep 0.3
        : >"$work/done"
    }
}
with_lock "$work/lock" once 2>/dev/null &
with_lock "$work/lock" once 2>/dev/null &
wait
same 'two starts at once' worked "$(<"$work/count")"

((bad == 0)) && echo 'all as expected'
