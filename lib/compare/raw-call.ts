// A tracer's system calls as they are recorded, natively by lib/native/recorder.c and on the machine
// by an observer of the link: numbers, arguments, result, and the memory a call is about.
import {
  type LinkObserver,
  linuxSyscallNumber,
  type ObservedCall,
  PTRACE_GETEVENTMSG,
  PTRACE_GETFPREGS,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_GETSIGINFO,
  PTRACE_PEEKDATA,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSER,
  PTRACE_SETFPREGS,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
  PTRACE_SETSIGINFO,
  user_fpregs_struct,
  user_regs_struct,
} from '../../compat/index.js';
import type { ImageInfo, UserMemory } from '../../kernel-sim/abi/index.js';
import { EntryObserver } from './entry.js';
import { fetch, fetchPieces, fetchString } from './fetch.js';
import { CALLS_MAX } from './recording.js';

export interface RawCall {
  /** Linux's. */
  readonly number: number;
  /** The first four arguments, unsigned. */
  readonly args: readonly bigint[];
  /** Signed; undefined when the call never returned. */
  readonly result: bigint | undefined;
  readonly memory: Uint8Array;
}

/** One run: its calls in the order in which they returned, and who made them. */
export interface RawRun {
  readonly pid: number;
  /** The address of the program's entry point. */
  readonly entry: bigint;
  readonly calls: readonly RawCall[];
}

export const CALL = {
  write: linuxSyscallNumber('write'),
  writev: linuxSyscallNumber('writev'),
  clone: linuxSyscallNumber('clone'),
  clone3: linuxSyscallNumber('clone3'),
  fork: linuxSyscallNumber('fork'),
  vfork: linuxSyscallNumber('vfork'),
  exit: linuxSyscallNumber('exit'),
  exitGroup: linuxSyscallNumber('exit_group'),
  wait4: linuxSyscallNumber('wait4'),
  waitid: linuxSyscallNumber('waitid'),
  kill: linuxSyscallNumber('kill'),
  tkill: linuxSyscallNumber('tkill'),
  tgkill: linuxSyscallNumber('tgkill'),
  ptrace: linuxSyscallNumber('ptrace'),
  alarm: linuxSyscallNumber('alarm'),
  setitimer: linuxSyscallNumber('setitimer'),
  pause: linuxSyscallNumber('pause'),
  prctl: linuxSyscallNumber('prctl'),
  seccomp: linuxSyscallNumber('seccomp'),
  processVmReadv: linuxSyscallNumber('process_vm_readv'),
  processVmWritev: linuxSyscallNumber('process_vm_writev'),
  pidfdOpen: linuxSyscallNumber('pidfd_open'),
  rtSigtimedwait: linuxSyscallNumber('rt_sigtimedwait'),
  rtSigsuspend: linuxSyscallNumber('rt_sigsuspend'),
  /** Of files in /proc only. */
  open: linuxSyscallNumber('open'),
  openat: linuxSyscallNumber('openat'),
} as const;

const RECORDED: ReadonlySet<number> = new Set(Object.values(CALL));
const PROC = '/proc/';
const SIGINFO_SIZE = 128;
const WORD = 8;

const SIZE_AT_DATA: Readonly<Record<number, number>> = {
  [PTRACE_PEEKTEXT]: WORD,
  [PTRACE_PEEKDATA]: WORD,
  [PTRACE_PEEKUSER]: WORD,
  [PTRACE_GETEVENTMSG]: WORD,
  [PTRACE_GETREGS]: user_regs_struct.size,
  [PTRACE_SETREGS]: user_regs_struct.size,
  [PTRACE_GETFPREGS]: user_fpregs_struct.size,
  [PTRACE_SETFPREGS]: user_fpregs_struct.size,
  [PTRACE_GETSIGINFO]: SIGINFO_SIZE,
  [PTRACE_SETSIGINFO]: SIGINFO_SIZE,
};

const OPENS: ReadonlySet<number> = new Set([CALL.open, CALL.openat]);
/** Calls whose memory is read before they are made. */
const EARLY: ReadonlySet<number> = new Set([CALL.write, CALL.writev, ...OPENS]);

/** Reads the lines of recorder.c, all but the last. */
export function parseRecorded(lines: readonly string[]): RawRun {
  const [start = '', ...rest] = lines;
  const [, pid = '0', entry = '0'] = start.split(' ');
  return { pid: Number.parseInt(pid, 16), entry: BigInt(`0x${entry}`), calls: rest.map(parseLine) };
}

function parseLine(line: string): RawCall {
  const fields = line.split(' ');
  const [number = '0', result = '?', memory = '-'] = [fields[0], fields[5], fields[6]];
  return {
    number: Number.parseInt(number, 16),
    args: fields.slice(1, 5).map((field) => BigInt(`0x${field}`)),
    result: result === '?' ? undefined : BigInt.asIntN(64, BigInt(`0x${result}`)),
    memory: memory === '-' ? new Uint8Array() : Uint8Array.from(Buffer.from(memory, 'hex')),
  };
}

/** Records the calls of a program on the machine as recorder.c does natively. */
export class CallRecorder implements LinkObserver {
  readonly calls: RawCall[] = [];
  readonly #entry: EntryObserver;
  /** How many calls there were; those beyond {@link CALLS_MAX} are not kept. */
  count = 0;
  /** Whether it has called ptrace() yet. */
  traces = false;
  readonly #pending = new Map<ObservedCall['user'], RawCall>();

  /** `dynamic`: whether the program is mapped by a loader. */
  constructor(dynamic: boolean) {
    this.#entry = new EntryObserver(dynamic);
  }

  /** Where the program is entered. */
  get entry(): bigint {
    return BigInt(this.#entry.address);
  }

  loaded(image: ImageInfo): void {
    this.#entry.loaded(image);
  }

  entered(call: ObservedCall): void {
    if (!RECORDED.has(call.number)) return;
    const { number, user } = call;
    if (number === CALL.ptrace) this.traces = true;
    const args = [0, 1, 2, 3].map((index) => BigInt.asUintN(64, call.word(index)));
    const pending = { number, args, result: undefined, memory: new Uint8Array() };
    const memory = EARLY.has(number) ? memoryOf(pending, user.memory) : pending.memory;
    if (OPENS.has(number) && !Buffer.from(memory).toString().startsWith(PROC)) return;
    this.#pending.set(user, { ...pending, memory });
  }

  returned(call: ObservedCall, result: number): void {
    this.#entry.returned(call, result);
    const pending = this.#pending.get(call.user);
    if (pending === undefined) return;
    this.#pending.delete(call.user);
    if (++this.count > CALLS_MAX) return;
    const path = OPENS.has(pending.number);
    const memory = path ? pending.memory : memoryOf(pending, call.user.memory);
    this.calls.push({ ...pending, result: BigInt(result), memory });
  }

  /** All calls, those that never returned at the end. */
  finish(): readonly RawCall[] {
    const pending = this.count > CALLS_MAX ? [] : this.#pending.values();
    return [...this.calls, ...pending];
  }
}

function memoryOf({ number, args }: RawCall, memory: UserMemory): Uint8Array {
  const [first, second, third, fourth] = args.map(Number) as [number, number, number, number];
  switch (number) {
    case CALL.ptrace:
      if (first === PTRACE_GETREGSET || first === PTRACE_SETREGSET) {
        return fetchPieces(memory, fourth, 1);
      }
      return fetch(memory, fourth, SIZE_AT_DATA[first] ?? 0);
    case CALL.wait4:
      return fetch(memory, second, 4);
    case CALL.waitid:
      return fetch(memory, third, SIGINFO_SIZE);
    case CALL.open:
      return fetchString(memory, first);
    case CALL.openat:
      return fetchString(memory, second);
    case CALL.clone3:
      return fetch(memory, first, WORD);
    case CALL.write:
      return fetch(memory, second, third);
    case CALL.writev:
      return fetchPieces(memory, second, third);
    default:
      return new Uint8Array();
  }
}
