// Numbers of one run in words that all runs share: processes by the order in which they appear,
// system calls by Linux's name of what they do, addresses by what lies there.
import { linuxSyscallName } from '../../compat/index.js';
import { SYS_CLASS_PATH, syscallName } from '../../kernel-sim/abi/index.js';
import { SIGNAL_STACK_SLOT, SLOT_SIZE, STACK_SLOT } from '../../kernel-sim/index.js';

/** Where a run took place. */
export type Place = 'linux' | 'machine';

/** Linux calls that differ in form only, by the one that stands for them. */
const SAME_CALL: Readonly<Record<string, string>> = {
  exit_group: 'exit',
  tkill: 'kill',
  tgkill: 'kill',
  openat: 'open',
  writev: 'write',
  readv: 'read',
  fork: 'clone',
  vfork: 'clone',
  clone3: 'clone',
  newfstatat: 'fstat',
  clock_nanosleep: 'nanosleep',
  rt_sigaction: 'sigaction',
  rt_sigprocmask: 'sigprocmask',
  rt_sigreturn: 'sigreturn',
  pipe: 'pipe2',
};

/** The same for Redox's. */
const LINUX_NAME: Readonly<Record<string, string>> = {
  fmap: 'mmap',
  funmap: 'munmap',
  waitpid: 'wait4',
  fexec: 'execve',
  yield: 'sched_yield',
};

const PAGE_ZERO = 4096n;
const LINUX_HIGH = 0x7000_0000_0000n;
const LINUX_STACK = 0x7ffc_0000_0000n;
/** Mappings, where the kernel does not choose addresses at random: below the 128 MiB of stack. */
const LINUX_MAPPINGS = { start: 0x7fff_f000_0000n, end: 0x7fff_f800_0000n };
/** How far a program that moves is looked for around its entry point. */
const NEAR = 0x40_0000n;

export class Names {
  readonly #pids = new Map<number, string>();
  #children = 0;
  #threads = 0;

  /** `entry`: where a program that moves was entered; undefined if it lies where its file says. */
  constructor(
    readonly place: Place,
    tracer: number,
    readonly entry: bigint | undefined,
  ) {
    this.#pids.set(tracer, 'tracer');
  }

  process(pid: number): string {
    if (pid <= 0) return `pid ${pid}`;
    const known = this.#pids.get(pid);
    if (known !== undefined) return known;
    this.#children++;
    const name = `p${this.#children}`;
    this.#pids.set(pid, name);
    return name;
  }

  /** A thread of the tracer. */
  thread(tid: number): string {
    this.#threads++;
    const name = `t${this.#threads}`;
    this.#pids.set(tid, name);
    return name;
  }

  /** A file of /proc, whose directory is that of a process. */
  path(path: string): string {
    return path.replace(/^\/proc\/(\d+)/, (_, pid) => `/proc/${this.process(Number(pid))}`);
  }

  /** Who is meant by waitpid's or kill's argument. */
  target(pid: number): string {
    if (pid === -1) return 'any';
    if (pid === 0) return 'own group';
    return pid < 0 ? `group of ${this.process(-pid)}` : this.process(pid);
  }

  known(pid: number): string | undefined {
    return this.#pids.get(pid);
  }

  /**
   * The orig_rax of a stop: Linux's name for what the call does. On Redox it is rax, which may be
   * a result as well where the number is small: `7 (wait4?)`.
   */
  systemCall(word: bigint): string {
    const number = Number(BigInt.asIntN(64, word));
    if (this.place === 'linux') {
      if (number === -1) return 'none';
      const name = linuxSyscallName(number);
      return SAME_CALL[name] ?? name;
    }
    const name = syscallName(number);
    if (name.startsWith('0x') || name.startsWith('-')) return this.word(word);
    const meaning = LINUX_NAME[name] ?? name;
    return number >= SYS_CLASS_PATH ? meaning : `${number} (${meaning}?)`;
  }

  /** Every process by its name. */
  get pids(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#pids].map(([pid, name]) => [name, pid]));
  }

  /** A word that may be a number or an address. */
  word(value: bigint): string {
    const signed = BigInt.asIntN(64, value);
    if (signed > -PAGE_ZERO && signed < PAGE_ZERO) return signed.toString();
    if (this.entry !== undefined) {
      const distance = value - this.entry;
      if (distance > -NEAR && distance < NEAR) {
        return distance < 0n
          ? `entry-0x${(-distance).toString(16)}`
          : `entry+0x${distance.toString(16)}`;
      }
    }
    return this.#region(value) ?? `0x${value.toString(16)}`;
  }

  #region(value: bigint): string | undefined {
    if (this.place === 'machine') {
      const slot = Number(value / BigInt(SLOT_SIZE));
      if (slot === STACK_SLOT || slot === SIGNAL_STACK_SLOT) return 'stack';
      return slot > 0 && slot < STACK_SLOT ? 'mapping' : undefined;
    }
    if (value < LINUX_HIGH || value >= 0x8000_0000_0000n) return undefined;
    const mapping = value >= LINUX_MAPPINGS.start && value < LINUX_MAPPINGS.end;
    return value >= LINUX_STACK && !mapping ? 'stack' : 'mapping';
  }
}
