// ptrace(2) with types: what each request takes and gives as values instead of addresses. Written
// over one raw call, so that it serves the machine as well as a real Linux.
import {
  iovec,
  PAGE_SIZE,
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_GET_SYSCALL_INFO,
  PTRACE_GETEVENTMSG,
  PTRACE_GETFPREGS,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_GETSIGINFO,
  PTRACE_GETSIGMASK,
  PTRACE_INTERRUPT,
  PTRACE_LISTEN,
  PTRACE_PEEKDATA,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSER,
  type PTRACE_POKEDATA,
  type PTRACE_POKETEXT,
  type PTRACE_POKEUSER,
  PTRACE_SEIZE,
  PTRACE_SETFPREGS,
  PTRACE_SETOPTIONS,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
  PTRACE_SETSIGINFO,
  PTRACE_SETSIGMASK,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  siginfo_t,
  __ptrace_syscall_info as syscallInfo,
  user_fpregs_struct,
  user_regs_struct,
} from '../compat/index.js';
import type { ProgramOptions } from './machine.js';

/** The registers of a tracee; change what you like before SETREGS. 64-bit words. */
export type UserRegisters = { -readonly [K in keyof user_regs_struct]: bigint };

type Peek = typeof PTRACE_PEEKTEXT | typeof PTRACE_PEEKDATA | typeof PTRACE_PEEKUSER;
type Poke = typeof PTRACE_POKETEXT | typeof PTRACE_POKEDATA | typeof PTRACE_POKEUSER;

/** What waitpid() gives: `pid` is 0 if it had WNOHANG and there was nothing to report. */
export interface Waited {
  readonly pid: number;
  /** For the macros of sys/wait.h, such as WIFSTOPPED; 32 bits. */
  readonly status: number;
}

const WORD = 8;
/** Bytes of an XSAVE image, the largest register set there is. */
const LARGEST_SET = 4096;

/**
 * The calls of a tracer, with values for structures: on the machine (`Machine.tracer()`) and on real
 * Linux (`LinuxTracer`). Registers and words are bigints, pids, signals, options and addresses numbers.
 * A call that fails throws an `Errno`, with the code that the request's constant tells of.
 */
export abstract class PtraceCalls {
  /**
   * Starts a program as a child, which is traced if it asks to be; gives its pid.
   * @throws Errno if the program cannot be had
   */
  abstract spawn(path: string, options?: ProgramOptions): number;
  /**
   * The system call: four integers. `addr` and `data` are addresses in this process's own memory
   * where the request wants structures; PEEK stores its word at `data`. @throws Errno
   */
  abstract request(
    request: number,
    pid: number,
    addr: number | bigint,
    data: number | bigint,
  ): number;
  /**
   * waitpid(2): of `pid`, or of any child for -1; `options` are WNOHANG and the like.
   * @throws Errno ECHILD for no child of ours, EINVAL for options that there are not
   */
  abstract waitpid(pid: number, options?: number): Waited;
  /** kill(2); SIGKILL unless said. @throws Errno ESRCH, EPERM, EINVAL */
  abstract kill(pid: number, signal?: number): void;
  /** Bytes of this process's own memory, for structures of raw requests; they stay. */
  abstract allocate(length: number): number;
  /** The same for as long as a function runs. */
  abstract withMemory<T>(length: number, use: (address: number) => T): T;
  /** Bytes of this process's own memory: what a raw request filled. */
  abstract readOwn(address: number, length: number): Uint8Array;
  /** The other way: what a raw request is to take. */
  abstract writeOwn(address: number, bytes: Uint8Array): void;

  /**
   * Bytes of a tracee's memory, however the system offers it.
   * @throws Errno EFAULT unless all of it is there, ESRCH for a process that is none of ours
   */
  abstract readMemory(pid: number, address: number | bigint, length: number): Uint8Array;
  /** The other way, the same errors; pages that are read-only for the tracee are written, too. */
  abstract writeMemory(pid: number, address: number | bigint, bytes: Uint8Array): void;

  /**
   * A string in a tracee's memory: up to its NUL or `limit` bytes, as UTF-8.
   * @throws Errno as {@link readMemory}
   */
  readString(pid: number, address: number | bigint, limit = PAGE_SIZE): string {
    const pieces: Uint8Array[] = [];
    let at = Number(address);
    for (let left = limit; left > 0; ) {
      // not beyond a page that may be the last one
      const bytes = this.readMemory(pid, at, Math.min(left, PAGE_SIZE - (at % PAGE_SIZE)));
      const end = bytes.indexOf(0);
      pieces.push(end === -1 ? bytes : bytes.subarray(0, end));
      if (end !== -1) break;
      at += bytes.length;
      left -= bytes.length;
    }
    const decoder = new TextDecoder();
    const text = pieces.map((piece) => decoder.decode(piece, { stream: true }));
    return text.join('') + decoder.decode();
  }

  /** A word, 64 bits. `addr`: in the tracee's memory, or an offset in `struct user`. */
  ptrace(request: Peek, pid: number, addr: number | bigint): bigint;
  /** Gives 0. `addr` as for a peek; `word` is 64 bits. */
  ptrace(request: Poke, pid: number, addr: number | bigint, word: bigint): number;
  /** All general registers, segments and bases. */
  ptrace(request: typeof PTRACE_GETREGS, pid: number): UserRegisters;
  /** Gives 0. relibc stores `orig_rax` as rax, ignores `rax`, and keeps rsp, eflags and segments. */
  ptrace(request: typeof PTRACE_SETREGS, pid: number, registers: UserRegisters): number;
  /** x87 and SSE state: st_space holds 8 registers of 16 bytes, xmm_space 16. */
  ptrace(request: typeof PTRACE_GETFPREGS, pid: number): user_fpregs_struct;
  /** Gives 0. EINVAL for a reserved bit of mxcsr. */
  ptrace(request: typeof PTRACE_SETFPREGS, pid: number, registers: user_fpregs_struct): number;
  /** `set`: NT_PRSTATUS and the like. Gives as many bytes as the set has. */
  ptrace(request: typeof PTRACE_GETREGSET, pid: number, set: number): Uint8Array;
  /** Gives 0. `bytes` are those of the whole set, or fewer: the rest stays. */
  ptrace(request: typeof PTRACE_SETREGSET, pid: number, set: number, bytes: Uint8Array): number;
  /** A pid at an event of a new process, a wait status at one of an end. */
  ptrace(request: typeof PTRACE_GETEVENTMSG, pid: number): bigint;
  /** Of the signal that stopped it. EINVAL at a group-stop. */
  ptrace(request: typeof PTRACE_GETSIGINFO, pid: number): siginfo_t;
  /** Gives 0. Of the signal that stopped it, if it is delivered. */
  ptrace(request: typeof PTRACE_SETSIGINFO, pid: number, info: siginfo_t): number;
  /** Bit n - 1 stands for signal n. */
  ptrace(request: typeof PTRACE_GETSIGMASK, pid: number): bigint;
  /** Gives 0. Bits as for GETSIGMASK. */
  ptrace(request: typeof PTRACE_SETSIGMASK, pid: number, mask: bigint): number;
  /** `op` says which of its fields count. */
  ptrace(request: typeof PTRACE_GET_SYSCALL_INFO, pid: number): syscallInfo;
  /** Any request as in C: see {@link request}. */
  ptrace(request: number, pid?: number, addr?: number | bigint, data?: number | bigint): number;
  ptrace(request: number, pid = 0, third?: unknown, fourth?: unknown): unknown {
    const typed = TYPED[request];
    if (typed !== undefined) {
      const value = typed(this, request, pid, third, fourth);
      if (value !== undefined) return value;
    }
    return this.request(request, pid, word(third), word(fourth));
  }

  /** PTRACE_GETREGS. */
  getregs(pid: number): UserRegisters {
    return this.ptrace(PTRACE_GETREGS, pid);
  }

  /** PTRACE_SETREGS. relibc stores `orig_rax` as rax and ignores `rax`. */
  setregs(pid: number, registers: UserRegisters): void {
    this.ptrace(PTRACE_SETREGS, pid, registers);
  }

  /** PTRACE_CONT; `signal` is delivered, if it is not 0. So for the next three. */
  cont(pid: number, signal = 0): void {
    this.request(PTRACE_CONT, pid, 0, signal);
  }

  /** PTRACE_SINGLESTEP. */
  step(pid: number, signal = 0): void {
    this.request(PTRACE_SINGLESTEP, pid, 0, signal);
  }

  /** PTRACE_SYSCALL. */
  syscall(pid: number, signal = 0): void {
    this.request(PTRACE_SYSCALL, pid, 0, signal);
  }

  /** PTRACE_DETACH. */
  detach(pid: number, signal = 0): void {
    this.request(PTRACE_DETACH, pid, 0, signal);
  }

  /** PTRACE_ATTACH. */
  attach(pid: number): void {
    this.request(PTRACE_ATTACH, pid, 0, 0);
  }

  /** PTRACE_SEIZE; PTRACE_O_* bits. */
  seize(pid: number, options = 0): void {
    this.request(PTRACE_SEIZE, pid, 0, options);
  }

  /** PTRACE_INTERRUPT. */
  interrupt(pid: number): void {
    this.request(PTRACE_INTERRUPT, pid, 0, 0);
  }

  /** PTRACE_LISTEN. */
  listen(pid: number): void {
    this.request(PTRACE_LISTEN, pid, 0, 0);
  }

  /** PTRACE_SETOPTIONS; PTRACE_O_* bits. */
  setoptions(pid: number, options: number): void {
    this.request(PTRACE_SETOPTIONS, pid, 0, options);
  }
}

/** undefined where the arguments are those of C. */
type Typed = (
  calls: PtraceCalls,
  request: number,
  pid: number,
  third: unknown,
  fourth: unknown,
) => unknown;

const peek: Typed = (calls, request, pid, addr, data) => {
  if (data !== undefined) return undefined;
  return filled(calls, WORD, (at) => calls.request(request, pid, word(addr), at), toWord);
};

/** A request that fills the structure at `data`. */
function get<T>(size: number, decode: (bytes: Uint8Array) => T, addr = 0): Typed {
  return (calls, request, pid, third, fourth) => {
    if (third !== undefined || fourth !== undefined) return undefined;
    return filled(calls, size, (at) => calls.request(request, pid, addr, at), decode);
  };
}

/** A request that takes the structure at `data`. */
function set(encode: (value: never) => Uint8Array, addr = 0): Typed {
  return (calls, request, pid, value, fourth) => {
    if (typeof value === 'number' || value === undefined || fourth !== undefined) return undefined;
    const bytes = encode(value as never);
    return calls.withMemory(bytes.length, (at) => {
      calls.writeOwn(at, bytes);
      return calls.request(request, pid, addr, at);
    });
  };
}

/** GETREGSET and SETREGSET: an iovec says where the bytes are. */
const registerSet: Typed = (calls, request, pid, kind, bytes) => {
  const gives = request === PTRACE_GETREGSET && bytes === undefined;
  if (!gives && !(bytes instanceof Uint8Array)) return undefined;
  const length = gives ? LARGEST_SET : (bytes as Uint8Array).length;
  return calls.withMemory(iovec.size + length, (at) => {
    const buffer = at + iovec.size;
    const vector = { iov_base: BigInt(buffer), iov_len: BigInt(length) };
    calls.writeOwn(at, iovec.encode(vector));
    if (!gives) calls.writeOwn(buffer, bytes as Uint8Array);
    const result = calls.request(request, pid, integer(kind), at);
    if (!gives) return result;
    const { iov_len } = iovec.decode(calls.readOwn(at, iovec.size));
    return calls.readOwn(buffer, Number(iov_len));
  });
};

const TYPED: Readonly<Record<number, Typed>> = {
  [PTRACE_PEEKTEXT]: peek,
  [PTRACE_PEEKDATA]: peek,
  [PTRACE_PEEKUSER]: peek,
  [PTRACE_GETREGS]: get(user_regs_struct.size, (bytes) => user_regs_struct.decode(bytes)),
  [PTRACE_SETREGS]: set(user_regs_struct.encode),
  [PTRACE_GETFPREGS]: get(user_fpregs_struct.size, (bytes) => user_fpregs_struct.decode(bytes)),
  [PTRACE_SETFPREGS]: set(user_fpregs_struct.encode),
  [PTRACE_GETREGSET]: registerSet,
  [PTRACE_SETREGSET]: registerSet,
  [PTRACE_GETEVENTMSG]: get(WORD, toWord),
  [PTRACE_GETSIGINFO]: get(siginfo_t.size, (bytes) => siginfo_t.decode(bytes)),
  [PTRACE_SETSIGINFO]: set(siginfo_t.encode),
  [PTRACE_GETSIGMASK]: get(WORD, toWord, WORD),
  [PTRACE_SETSIGMASK]: set((mask: bigint) => fromWord(mask), WORD),
  [PTRACE_GET_SYSCALL_INFO]: get(
    syscallInfo.size,
    (bytes) => syscallInfo.decode(bytes),
    syscallInfo.size,
  ),
};

function filled<T>(
  calls: PtraceCalls,
  size: number,
  fill: (address: number) => void,
  decode: (bytes: Uint8Array) => T,
): T {
  return calls.withMemory(size, (at) => {
    fill(at);
    return decode(calls.readOwn(at, size));
  });
}

function toWord(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

function fromWord(value: bigint): Uint8Array {
  const bytes = new Uint8Array(WORD);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

function integer(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function word(value: unknown): number | bigint {
  return typeof value === 'bigint' ? value : integer(value);
}
