/* SPDX-FileCopyrightText: 2026 The Cutover authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The guest of a QEMU lab: it stands in the place of the firmware and beats a thousand times a second, in a
 * page of its RAM that lab/pulsepage.h describes. Between two beats its processor is halted. This block is the
 * last 4 KiB below 4 GiB; lab/pulseimage.cpp makes a firmware image of it.
 */

#define BLOCK_BYTES 0x1000
#define LINEAR(label) (0xfffff000 + (label) - image)
#define SEGMENT(label) (0xf000 + (label) - image)

#define PAGE 0x10000
#define PAGE_MAGIC_LOW 0x4f545543  /* "CUTO" */
#define PAGE_MAGIC_HIGH 0x54414542 /* "BEAT" */
#define PAGE_VERSION 1
#define PAGE_BEATS (PAGE + 24)
#define PAGE_RING (PAGE + 64)
#define RING_LENGTH 256
#define BEATS_PER_SECOND 1000

#define PIT_DIVISOR 1193 /* of 1193182 Hz */
#define LOCAL_APIC 0xfee00000
#define TIMER_VECTOR 0x20
#define STACK_TOP 0x9000

#define CODE_SELECTOR 8
#define DATA_SELECTOR 16

    .section .rodata.cutover_pulse, "a", @progbits
    .balign 16
    .globl cutoverPulseBlock
    .hidden cutoverPulseBlock
    .type cutoverPulseBlock, @object
    .size cutoverPulseBlock, BLOCK_BYTES
cutoverPulseBlock:
image:
    .code16
start:
    cli
    cld
    lgdtl %cs:SEGMENT(gdtPointer)
    movl %cr0, %eax
    andl $0x9fffffff, %eax /* caches on */
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $CODE_SELECTOR, $LINEAR(protectedMode)

    .code32
protectedMode:
    movl $DATA_SELECTOR, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $STACK_TOP, %esp
    lidtl LINEAR(idtPointer)

    /* Both interrupt controllers: the timer alone is let through. */
    movb $0x11, %al
    outb %al, $0x20
    outb %al, $0xa0
    movb $TIMER_VECTOR, %al
    outb %al, $0x21
    movb $(TIMER_VECTOR + 8), %al
    outb %al, $0xa1
    movb $4, %al
    outb %al, $0x21
    movb $2, %al
    outb %al, $0xa1
    movb $1, %al
    outb %al, $0x21
    outb %al, $0xa1
    movb $0xfe, %al
    outb %al, $0x21
    movb $0xff, %al
    outb %al, $0xa1

    /* The local one lets the first of them through. */
    movl $0x1ff, LOCAL_APIC + 0xf0
    movl $0x700, LOCAL_APIC + 0x350

    movb $0x34, %al /* channel 0, both bytes, rate generator */
    outb %al, $0x43
    movb $(PIT_DIVISOR & 0xff), %al
    outb %al, $0x40
    movb $(PIT_DIVISOR >> 8), %al
    outb %al, $0x40

    movl $PAGE, %edi
    movl $(BLOCK_BYTES / 4), %ecx
    xorl %eax, %eax
    rep stosl
    movl $PAGE_VERSION, PAGE + 8
    movl $RING_LENGTH, PAGE + 12
    movl $BEATS_PER_SECOND, PAGE + 16
    movl $PAGE_MAGIC_HIGH, PAGE + 4
    movl $PAGE_MAGIC_LOW, PAGE /* whoever finds it finds the rest */

    xorl %ebx, %ebx /* number of the beat */
beat:
    incl %ebx
    movzbl %bl, %ecx
    rdtsc
    movl %eax, PAGE_RING(, %ecx, 8)
    movl %edx, (PAGE_RING + 4)(, %ecx, 8)
    movl %ebx, PAGE_BEATS /* last: nobody reads half of the above */
    sti
wait:
    hlt
    jmp wait

    .org image + 0x200
timer:
    /* Not iret: some KVMs run a guest without paging in their emulator, which has none here. */
    movl $STACK_TOP, %esp
    movb $0x20, %al
    outb %al, $0x20
    jmp beat

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff /* code: flat, accessed, so that the processor need not write here */
    .quad 0x00cf93000000ffff /* data */
gdtPointer:
    .word . - gdt - 1
    .long LINEAR(gdt)
idtPointer:
    .word idtEnd - idt - 1
    .long LINEAR(idt)

    .balign 8
idt:
    .fill TIMER_VECTOR, 8, 0
    .rept 8 /* a spurious one has the last of these */
    .word 0xf200, CODE_SELECTOR, 0x8e00, 0xffff /* timer */
    .endr
idtEnd:

    .org image + BLOCK_BYTES - 16
    .code16
    jmp start /* where a processor begins after a reset */
    .org image + BLOCK_BYTES

    .section .note.GNU-stack, "", @progbits
