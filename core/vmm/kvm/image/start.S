/* SPDX-FileCopyrightText: 2026 The Cutover authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first instruction of the image: 64-bit code in ring 3, the processor's number in rdi, a stack of its own.
 */

    .section .start, "ax", @progbits
    .globl start
start:
    xorl %ebp, %ebp
    call pulseMain
    ud2

    .section .note.GNU-stack, "", @progbits
