// The commands of the proc: scheme's trace file: 64-bit flags, as redox_syscall had them from
// 2019-07-24 on and RFC 0004 tells, and before that operations of one byte.

export const PTRACE_STOP_PRE_SYSCALL = 0x0001;
export const PTRACE_STOP_POST_SYSCALL = 0x0002;
export const PTRACE_STOP_SINGLESTEP = 0x0004;
export const PTRACE_STOP_SIGNAL = 0x0008;
export const PTRACE_STOP_BREAKPOINT = 0x0010;
export const PTRACE_STOP_EXIT = 0x0020;
/** For two weeks of 2020 only. */
export const PTRACE_STOP_EXEC = 0x0040;
export const PTRACE_STOP_MASK = 0x00ff;

export const PTRACE_EVENT_CLONE = 0x0100;
export const PTRACE_EVENT_MASK = 0x0f00;

export const PTRACE_FLAG_IGNORE = 0x1000;
export const PTRACE_FLAG_WAIT = 0x2000;
export const PTRACE_FLAG_MASK = 0xf000;

/** Operations: what the first byte of a command was until 2019-07-24 (redox_syscall f8eda5c). */
export const PTRACE_CONT = 1;
export const PTRACE_SINGLESTEP = 2;
export const PTRACE_SYSCALL = 3;
export const PTRACE_WAIT = 4;
/** Since 2019-07-21. */
export const PTRACE_SIGNAL = 5;
export const PTRACE_OPERATION_MASK = 0x0f;
/** With PTRACE_SYSCALL: the call is skipped. */
export const PTRACE_SYSEMU = 0x10;

/** Tags of the events of that time. */
export const PTRACE_OPERATION_EVENT_CLONE = 0;
export const PTRACE_OPERATION_EVENT_SIGNAL = 1;

/** Bytes of one command word. */
export const PTRACE_WORD_SIZE = 8;

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [PTRACE_STOP_PRE_SYSCALL, 'PTRACE_STOP_PRE_SYSCALL'],
  [PTRACE_STOP_POST_SYSCALL, 'PTRACE_STOP_POST_SYSCALL'],
  [PTRACE_STOP_SINGLESTEP, 'PTRACE_STOP_SINGLESTEP'],
  [PTRACE_STOP_SIGNAL, 'PTRACE_STOP_SIGNAL'],
  [PTRACE_STOP_BREAKPOINT, 'PTRACE_STOP_BREAKPOINT'],
  [PTRACE_STOP_EXIT, 'PTRACE_STOP_EXIT'],
  [PTRACE_STOP_EXEC, 'PTRACE_STOP_EXEC'],
  [PTRACE_EVENT_CLONE, 'PTRACE_EVENT_CLONE'],
  [PTRACE_FLAG_IGNORE, 'PTRACE_FLAG_IGNORE'],
  [PTRACE_FLAG_WAIT, 'PTRACE_FLAG_WAIT'],
];

/** `PTRACE_STOP_PRE_SYSCALL | PTRACE_FLAG_IGNORE`, for messages; unnamed bits in hexadecimal. */
export function ptraceFlagsName(flags: number): string {
  const named = FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0);
  const rest = named.reduce((bits, [flag]) => bits & ~flag, flags);
  const names = named.map(([, name]) => name);
  if (rest !== 0 || flags === 0) names.push(`0x${rest.toString(16)}`);
  return names.join(' | ');
}
