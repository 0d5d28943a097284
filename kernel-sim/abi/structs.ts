// The structures that cross the system-call boundary, redox_syscall 2019-2020 (data.rs). A usize
// field is a JavaScript number; fields in which all 64 bits matter are bigints.
import type { Decoded } from './layout.js';
import { i32, isize, layout, raw, u8, u16, u32, u64, usize } from './layout.js';

export const TimeSpec = layout(16, { tv_sec: isize(0), tv_nsec: i32(8) });
export type TimeSpec = Decoded<typeof TimeSpec.fields>;

/** Two times: the interval, and what is left of it. */
export const ITimerSpec = layout(32, {
  it_interval_sec: isize(0),
  it_interval_nsec: i32(8),
  it_value_sec: isize(16),
  it_value_nsec: i32(24),
});

/** What event: files carry: `id` is a descriptor of the queue's owner. */
export const Event = layout(24, { id: usize(0), flags: usize(8), data: u64(16) });
export type Event = Decoded<typeof Event.fields>;

/** The argument of FMAP. */
export const MapArguments = layout(24, { offset: usize(0), size: usize(8), flags: usize(16) });
export type MapArguments = Decoded<typeof MapArguments.fields>;

export const Stat = layout(104, {
  st_dev: usize(0),
  st_ino: usize(8),
  st_mode: u16(16),
  st_nlink: u32(20),
  st_uid: u32(24),
  st_gid: u32(28),
  st_size: usize(32),
  st_blksize: u32(40),
  st_blocks: usize(48),
  st_mtime: usize(56),
  st_mtime_nsec: u32(64),
  st_atime: usize(72),
  st_atime_nsec: u32(80),
  st_ctime: usize(88),
  st_ctime_nsec: u32(96),
});
export type Stat = Decoded<typeof Stat.fields>;

export const StatVfs = layout(32, {
  f_bsize: u32(0),
  f_blocks: usize(8),
  f_bfree: usize(16),
  f_bavail: usize(24),
});
export type StatVfs = Decoded<typeof StatVfs.fields>;

/** A request to the daemon that serves a scheme, and its answer: `a` is the call, then the result. */
export const Packet = layout(56, {
  id: usize(0),
  pid: usize(8),
  uid: u32(16),
  gid: u32(20),
  a: isize(24),
  b: usize(32),
  c: usize(40),
  d: usize(48),
});
export type Packet = Decoded<typeof Packet.fields>;

export const SigAction = layout(32, {
  sa_handler: usize(0),
  sa_mask_low: u64(8),
  sa_mask_high: u64(16),
  sa_flags: usize(24),
});
export type SigAction = Decoded<typeof SigAction.fields>;

/** One record of a trace file: `cause` is a PTRACE_STOP_* or PTRACE_EVENT_* flag. */
export const PtraceEvent = layout(56, {
  cause: usize(0),
  a: usize(8),
  b: usize(16),
  c: usize(24),
  d: usize(32),
  e: usize(40),
  f: usize(48),
});
export type PtraceEvent = Decoded<typeof PtraceEvent.fields>;

/** The same while commands were operations: `data` is the new pid, or the signal. */
export const PtraceOperationEvent = layout(16, { tag: u16(0), data: usize(8) });
export type PtraceOperationEvent = Decoded<typeof PtraceOperationEvent.fields>;

/** proc:PID/regs/int. `fs` is the selector, not the base. */
export const IntRegisters = layout(168, {
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
  rip: u64(120),
  cs: u64(128),
  rflags: u64(136),
  rsp: u64(144),
  ss: u64(152),
  fs: u64(160),
});
export type IntRegisters = Decoded<typeof IntRegisters.fields>;

/** proc:PID/regs/int of 2019-07-02 (redox_syscall f8eda5c). */
export const FirstIntRegisters = layout(208, {
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
  rip: u64(120),
  cs: u64(128),
  eflags: u64(136),
  rsp: u64(144),
  ss: u64(152),
  fs_base: u64(160),
  gs_base: u64(168),
  ds: u64(176),
  es: u64(184),
  fs: u64(192),
  gs: u64(200),
});
export type FirstIntRegisters = Decoded<typeof FirstIntRegisters.fields>;

/** proc:PID/regs/float: an FXSAVE64 image without its last 96 bytes. */
export const FloatRegisters = layout(416, {
  fcw: u16(0),
  fsw: u16(2),
  ftw: u8(4),
  reserved: u8(5),
  fop: u16(6),
  fip: u64(8),
  fdp: u64(16),
  mxcsr: u32(24),
  mxcsr_mask: u32(28),
  st_space: raw(32, 128),
  xmm_space: raw(160, 256),
});
export type FloatRegisters = Decoded<typeof FloatRegisters.fields>;
