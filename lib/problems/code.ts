// Machine code of reproductions, and a tracee that has it ahead.
import * as abi from '../../kernel-sim/abi/index.js';
import { CODE, DATA } from './elf.js';
import type { Lab } from './lab.js';
import { attach, POST, syscall, type Traced, word } from './steps.js';

export const FIRST = syscall(abi.SYS_GETPID);
/** Where code that follows {@link FIRST} lies. */
export const AHEAD = CODE + FIRST.length;
export const EXIT_0 = syscall(abi.SYS_EXIT, 0);

/** A tracee of machine code that stopped after its first call; `code` lies ahead of it. */
export function ahead(lab: Lab, ...code: number[]): Traced {
  const traced = attach(lab, lab.machineChild([...FIRST, ...code]).pid);
  lab.next(traced.trace, POST);
  return traced;
}

/** How far its RIP is from the code ahead. */
export function rip(lab: Lab, { regs }: Traced): string {
  return `+${Number(lab.registers(regs).rip) - AHEAD}`;
}

/** Addresses above are the kernel's. */
export const PROGRAMS_END = 0x7fff_ffff_ffffn;
export const FLAG_ZF = 0x40n;

/** A handler for `signal` at `handler`, made by the program itself; DATA holds the structure. */
export function install(signal: number, handler: number, restorer: number): number[] {
  return [
    ...[0x48, 0xc7, 0x04, 0x25, ...word(DATA), ...word(handler)], // mov qword [DATA], handler
    ...[0xbf, ...word(signal)], // mov edi, signal
    ...[0xbe, ...word(DATA)], // mov esi, DATA
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x41, 0xba, ...word(restorer)], // mov r10d, restorer
    ...syscall(abi.SYS_SIGACTION),
  ];
}

export const INSTALL_LENGTH = install(0, 0, 0).length;

/** kill(getpid(), signal) */
export function killSelf(signal: number): number[] {
  return [
    ...syscall(abi.SYS_GETPID),
    ...[0x89, 0xc7], // mov edi, eax
    ...[0xbe, ...word(signal)], // mov esi, signal
    ...syscall(abi.SYS_KILL),
  ];
}
