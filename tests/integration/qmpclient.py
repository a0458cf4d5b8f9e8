# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to the VMM at the socket that is named, by the client library qemu.qmp, and prints what it says."""

import asyncio
import sys

from qemu.qmp import ExecuteError, QMPClient


async def refusal(client, command, arguments=None):
    try:
        return f'accepted {await client.execute(command, arguments)}'
    except ExecuteError as error:
        return f'{error.error.error.class_}: {error}'


async def main(path):
    client = QMPClient('cutover')
    await client.connect(path)
    print('greeting', client.greeting.QMP.version['package'])
    print('status', (await client.execute('query-status'))['status'])
    with client.listener('STOP') as events:
        await client.execute('stop')
        print('event', (await asyncio.wait_for(events.get(), 60))['event'])
    print('status', (await client.execute('query-status'))['status'])
    await client.execute('cont')
    print('unknown', await refusal(client, 'no-such-command'))
    print('bad value', await refusal(client, 'migrate-set-parameters', {'downtime-limit': 'soon'}))
    print('bad mode', await refusal(client, 'migrate-set-parameters', {'mode': 'sideways'}))
    print('status', (await client.execute('query-status'))['status'])
    await client.disconnect()


asyncio.run(main(sys.argv[1]))
