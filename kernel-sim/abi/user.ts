// The boundary between userspace written in TypeScript and the machine: such code sees memory and
// registers of its own process and makes system calls, as machine code does. Imports nothing.

/** One system call: Redox takes up to five arguments (rdi, rsi, rdx, r10, r8). */
export interface SystemCall {
  readonly number: number;
  readonly a?: number | bigint | undefined;
  readonly b?: number | bigint | undefined;
  readonly c?: number | bigint | undefined;
  readonly d?: number | bigint | undefined;
  readonly e?: number | bigint | undefined;
}

/**
 * Userspace code: yields system calls and is resumed with rax as a signed number, in which errors
 * are -131 to -1. `'pause'` is a point between two atomic steps where another process may run.
 */
export interface SystemCalls<T> {
  next(result: number): IteratorResult<SystemCall | 'pause', T>;
  [Symbol.iterator](): Iterator<SystemCall | 'pause', T, number>;
}

/** A process's own memory, as its own loads and stores see it; a bad address kills the process. */
export interface UserMemory {
  /** A copy of the bytes. */
  read(address: number, length: number): Uint8Array;
  readInto(address: number, target: Uint8Array): void;
  write(address: number, source: Uint8Array): void;
  load8(address: number): number;
  load32(address: number): number;
  load64(address: number): bigint;
  store8(address: number, value: number): void;
  store32(address: number, value: number): void;
  store64(address: number, value: bigint): void;
  /** A 64-bit word as a double, exact below 2^53. */
  loadNumber(address: number): number;
  storeNumber(address: number, value: number): void;
  /** The bytes before the next NUL. */
  string(address: number, limit?: number): Uint8Array;
  /** What a careful library could find out by EFAULT from a system call. */
  accessible(address: number, length: number, write: boolean): boolean;
}

export interface UserRegisters {
  rax: bigint;
  rcx: bigint;
  rdx: bigint;
  rbx: bigint;
  rsp: bigint;
  rbp: bigint;
  rsi: bigint;
  rdi: bigint;
  r8: bigint;
  r9: bigint;
  r10: bigint;
  r11: bigint;
  r12: bigint;
  r13: bigint;
  r14: bigint;
  r15: bigint;
  rip: bigint;
  rflags: bigint;
  fsBase: bigint;
  gsBase: bigint;
  /** By the processor's encoding: 0 is rax, 1 rcx, 2 rdx, 3 rbx, 4 rsp ... 15 r15, 16 rip. */
  number(index: number): number;
  /** The same as a signed number. */
  signed(index: number): number;
  setNumber(index: number, value: number): void;
}

export interface Userspace {
  readonly memory: UserMemory;
  readonly registers: UserRegisters;
  /** Scratch bytes on this process's own stack, below the red zone, until `release` of a mark. */
  reserve(length: number): number;
  mark(): number;
  release(mark: number): void;
  /** An address that stands for a signal handler written in TypeScript. */
  handlerAddress(handler: (signal: number) => SystemCalls<void>): number;
  /** Names what the child of the next CLONE runs: a generator cannot be copied as memory can. */
  nextChild(program: HostedProgram): void;
}

/** A program written in TypeScript; the number it returns is its exit status. */
export type HostedProgram = (user: Userspace, argv: readonly string[]) => SystemCalls<number>;

/** What a program's loader knows of the image it made. */
export interface ImageInfo {
  readonly entry: number;
  /** The address of the program headers in the program's memory. */
  readonly programHeaders: number;
  readonly programHeaderCount: number;
  readonly base: number;
  readonly interpreterBase: number;
  readonly path: string;
}

/**
 * A C library linked to an ELF program when it is loaded: it answers the program's `syscall`
 * instructions, in the program's own process.
 */
export interface Link {
  /** What the threads of one process have in common; undefined while it has but one. */
  readonly threads?: object | undefined;
  /** What the thread waits for, where its sleeping call does not tell; for people only. */
  readonly waitsFor?: string | undefined;
  /** Runs before the first instruction, on the stack Redox built: argc, argv, 0, envp, 0. */
  start(user: Userspace, image: ImageInfo): SystemCalls<void>;
  /** The registers hold the program's call; they hold its result when this returns. */
  call(user: Userspace): SystemCalls<void>;
  /** The state of a new process: copied for a fork, the same one for a thread. */
  fork(sharesMemory: boolean): Link;
  /** What the child of a clone runs in place of its parent's suspended call. */
  resumeChild(user: Userspace): SystemCalls<void>;
  /** A fresh library for the image that replaces this one. */
  exec(): Link;
}
