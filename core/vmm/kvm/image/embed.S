/* SPDX-FileCopyrightText: 2026 The Cutover authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

    .section .rodata.cutover_guest_image, "a", @progbits
    .balign 16
    .globl cutoverGuestImage, cutoverGuestImageEnd
    .hidden cutoverGuestImage, cutoverGuestImageEnd
    .type cutoverGuestImage, @object
cutoverGuestImage:
    .incbin CUTOVER_GUEST_IMAGE
cutoverGuestImageEnd:
    .size cutoverGuestImage, . - cutoverGuestImage

    .section .note.GNU-stack, "", @progbits
