// sys/user.h of Linux, x86_64: the register files that PTRACE_GETREGS and PTRACE_GETFPREGS fill,
// and how Redox's register file is copied into the first of them and back.
import type { Decoded } from '../../kernel-sim/abi/layout.js';
import { layout, raw, u16, u32, u64 } from '../../kernel-sim/abi/layout.js';

/** 27 words of 8 bytes. `orig_rax` is the number of the system call; -1 outside of one. */
export const user_regs_struct = layout(216, {
  r15: u64(0),
  r14: u64(8),
  r13: u64(16),
  r12: u64(24),
  rbp: u64(32),
  rbx: u64(40),
  r11: u64(48),
  r10: u64(56),
  r9: u64(64),
  r8: u64(72),
  rax: u64(80),
  rcx: u64(88),
  rdx: u64(96),
  rsi: u64(104),
  rdi: u64(112),
  orig_rax: u64(120),
  rip: u64(128),
  cs: u64(136),
  eflags: u64(144),
  rsp: u64(152),
  ss: u64(160),
  fs_base: u64(168),
  gs_base: u64(176),
  ds: u64(184),
  es: u64(192),
  fs: u64(200),
  gs: u64(208),
});
export type user_regs_struct = Decoded<typeof user_regs_struct.fields>;

/** An FXSAVE64 image: st_space holds eight registers of 16 bytes, xmm_space sixteen. */
export const user_fpregs_struct = layout(512, {
  cwd: u16(0),
  swd: u16(2),
  ftw: u16(4),
  fop: u16(6),
  rip: u64(8),
  rdp: u64(16),
  mxcsr: u32(24),
  mxcr_mask: u32(28),
  st_space: raw(32, 128),
  xmm_space: raw(160, 256),
  padding: raw(416, 96),
});
export type user_fpregs_struct = Decoded<typeof user_fpregs_struct.fields>;

/** What PEEKUSER and POKEUSER address by offsets: 912 bytes. */
export const user = layout(912, {
  regs: raw(0, user_regs_struct.size),
  u_fpvalid: u32(216),
  i387: raw(224, user_fpregs_struct.size),
  /** Sizes of text, data and stack, in pages. */
  u_tsize: u64(736),
  u_dsize: u64(744),
  u_ssize: u64(752),
  start_code: u64(760),
  start_stack: u64(768),
  /** The signal that caused a core dump. */
  signal: u64(776),
  u_ar0: u64(792),
  u_fpstate: u64(800),
  magic: u64(808),
  /** The name of the program, NUL-terminated. */
  u_comm: raw(816, 32),
  /** DR0 to DR7: the only other words that POKEUSER may change. */
  u_debugreg: raw(848, 64),
});
export type user = Decoded<typeof user.fields>;

/** Bytes of a page. */
export const PAGE_SIZE = 4096;
/** The power of two that PAGE_SIZE is. */
export const PAGE_SHIFT = 12;

const WORD = 8;
const GENERAL = 15 * WORD; // r15 to rdi stand alike in both structures
const REDOX_RAX = 10 * WORD;
const REDOX_RIP = 15 * WORD; // then cs, rflags, rsp, ss
const REDOX_FS = 20 * WORD;
const LINUX_ORIG_RAX = 15 * WORD;
const LINUX_RIP = 16 * WORD; // then cs, eflags, rsp, ss
const LINUX_FS = 25 * WORD;
const FRAME = 5 * WORD;

/**
 * The bytes of a user_regs_struct from those of Redox's IntRegisters, as relibc of 2019 fills it:
 * rax stands for orig_rax too (Redox has none), segment bases and the other selectors are zero.
 */
export function linuxRegistersOf(redox: Uint8Array): Uint8Array {
  const linux = new Uint8Array(user_regs_struct.size);
  copyBytes(redox, 0, linux, 0, GENERAL);
  copyBytes(redox, REDOX_RAX, linux, LINUX_ORIG_RAX, WORD);
  copyBytes(redox, REDOX_RIP, linux, LINUX_RIP, FRAME);
  copyBytes(redox, REDOX_FS, linux, LINUX_FS, WORD);
  return linux;
}

/** For so few bytes quicker than a view of them. */
function copyBytes(from: Uint8Array, at: number, to: Uint8Array, offset: number, count: number) {
  for (let i = 0; i < count; i++) to[offset + i] = from[at + i];
}

/** The way back: rax is taken from orig_rax, and what the program wrote to `rax` is lost. */
export function redoxRegistersOf(linux: Uint8Array): Uint8Array {
  const redox = new Uint8Array(21 * WORD);
  copyBytes(linux, 0, redox, 0, GENERAL);
  copyBytes(linux, LINUX_ORIG_RAX, redox, REDOX_RAX, WORD);
  copyBytes(linux, LINUX_RIP, redox, REDOX_RIP, FRAME);
  copyBytes(linux, LINUX_FS, redox, REDOX_FS, WORD);
  return redox;
}
