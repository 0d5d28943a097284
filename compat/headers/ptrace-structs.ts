// The structures of sys/ptrace.h that requests take or fill. glibc 2.36, x86_64.
import type { Decoded } from '../../kernel-sim/abi/layout.js';
import { layout, u8, u32, u64 } from '../../kernel-sim/abi/layout.js';

/** Of PEEKSIGINFO: which signals, and at most how many. */
export const __ptrace_peeksiginfo_args = layout(16, { off: u64(0), flags: u32(8), nr: u32(12) });
export type __ptrace_peeksiginfo_args = Decoded<typeof __ptrace_peeksiginfo_args.fields>;

/** Of SECCOMP_GET_METADATA. */
export const __ptrace_seccomp_metadata = layout(16, { filter_off: u64(0), flags: u64(8) });
export type __ptrace_seccomp_metadata = Decoded<typeof __ptrace_seccomp_metadata.fields>;

/**
 * Of GET_SYSCALL_INFO: `op` says whether the rest is that of `entry` (nr, args0 to args5), of
 * `exit` (rval and is_error lie where nr and the first byte of args0 do) or of `seccomp`.
 */
export const __ptrace_syscall_info = layout(88, {
  op: u8(0),
  arch: u32(4),
  instruction_pointer: u64(8),
  stack_pointer: u64(16),
  nr: u64(24),
  args0: u64(32),
  args1: u64(40),
  args2: u64(48),
  args3: u64(56),
  args4: u64(64),
  args5: u64(72),
  ret_data: u32(80),
});
export type __ptrace_syscall_info = Decoded<typeof __ptrace_syscall_info.fields>;

/** Of GET_RSEQ_CONFIGURATION. */
export const __ptrace_rseq_configuration = layout(24, {
  rseq_abi_pointer: u64(0),
  rseq_abi_size: u32(8),
  signature: u32(12),
  flags: u32(16),
  pad: u32(20),
});
export type __ptrace_rseq_configuration = Decoded<typeof __ptrace_rseq_configuration.fields>;

/** Of GETREGSET and SETREGSET, sys/uio.h: where, and how many bytes. */
export const iovec = layout(16, { iov_base: u64(0), iov_len: u64(8) });
export type iovec = Decoded<typeof iovec.fields>;

/** What GETSIGINFO fills, of the cases that tracers meet: 128 bytes. signal.h */
export const siginfo_t = layout(128, {
  si_signo: u32(0),
  si_errno: u32(4),
  si_code: u32(8),
  /** Of signals that a process sent. */
  si_pid: u32(16),
  si_uid: u32(20),
  /** Of faults: the same bytes as si_pid and si_uid. */
  si_addr: u64(16),
});
export type siginfo_t = Decoded<typeof siginfo_t.fields>;
