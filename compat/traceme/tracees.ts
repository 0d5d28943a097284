// The tracees of the daemon behind ptrace:, and how they stop and go on. Every word asks for signals
// as well, so that the daemon hears of them before the kernel acts.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import {
  IntRegisters,
  PTRACE_FLAG_IGNORE,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PTRACE_STOP_SIGNAL,
  PTRACE_STOP_SINGLESTEP,
  PtraceEvent,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  stoppedStatus,
} from '../../kernel-sim/abi/index.js';
import {
  PTRACE_CONT,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
} from '../headers/sys-ptrace.js';
import { linuxRegistersOf, redoxRegistersOf } from '../headers/sys-user.js';
import type { Libc } from '../libc.js';
import { read, write } from '../pal/files.js';
import { kill } from '../pal/processes.js';

const PRE = PTRACE_STOP_PRE_SYSCALL;
const POST = PTRACE_STOP_POST_SYSCALL;
const STEP = PTRACE_STOP_SINGLESTEP;
const SIGNAL = PTRACE_STOP_SIGNAL;

const WORDS: Readonly<Record<number, number>> = {
  [PTRACE_CONT]: SIGNAL,
  [PTRACE_SINGLESTEP]: STEP | SIGNAL,
  [PTRACE_SYSCALL]: PRE | POST | SIGNAL,
  [PTRACE_SYSEMU]: PRE | SIGNAL,
  [PTRACE_SYSEMU_SINGLESTEP]: STEP | PRE | SIGNAL,
};

const STOP_SIGNALS: readonly number[] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];

export class Tracee {
  /** The status of the stop it is at; undefined while it runs. */
  stop: number | undefined;
  reported = false;
  /** The kernel stopped it, as it stops processes that nobody traces. */
  reallyStopped = false;
  /** The command word in force. */
  #word = SIGNAL;
  /** The signal it is about to get, at a stop for that. */
  #signal = 0;
  /** Whether its tracer was told of the entry of the call that it is in. */
  #inCall = false;
  /** Whether the call that it is to make is not to be made. */
  #emulated = false;
  /** SIGCONTs that were only to wake it. */
  #wakings = 0;

  constructor(
    readonly pid: number,
    readonly tracer: number,
    /** Its open files. */
    readonly trace: number,
    readonly registers: number,
  ) {}

  get running(): boolean {
    return this.stop === undefined && !this.reallyStopped;
  }

  /** From now on its signals are heard of. */
  arm(libc: Libc): SystemCalls<number> {
    return this.#write(libc, SIGNAL);
  }

  /** A request that lets it go on; false for one that does not. */
  *resume(libc: Libc, request: number, signal: number): SystemCalls<boolean> {
    const word = WORDS[request];
    if (word === undefined) return false;
    const drops = this.#emulated || (this.#signal !== 0 && signal !== this.#signal);
    this.#emulated = request === PTRACE_SYSEMU || request === PTRACE_SYSEMU_SINGLESTEP;
    if ((word & POST) === 0) this.#inCall = false;
    this.#signal = 0;
    this.stop = undefined;
    if (this.reallyStopped) {
      this.reallyStopped = false;
      this.#wakings++;
      yield* kill(libc, this.pid, SIGCONT);
    }
    this.#word = word;
    yield* this.#write(libc, drops ? word | PTRACE_FLAG_IGNORE : word);
    return true;
  }

  /**
   * Reads what happened to it. `unheard` says that its tracer is not listening, as it waits in the
   * kernel: then the kernel shall stop it, where it can. False when it has ended.
   */
  *update(libc: Libc, unheard: boolean): SystemCalls<boolean> {
    const { user } = libc;
    const mark = user.mark();
    const buffer = user.reserve(PtraceEvent.size);
    let count = 0;
    while ((yield* read(libc, this.trace, buffer, PtraceEvent.size)) === PtraceEvent.size) {
      count++;
      const event = PtraceEvent.decode(user.memory.read(buffer, PtraceEvent.size));
      yield* this.#happened(libc, event, unheard);
    }
    user.release(mark);
    return count > 0 || (yield* this.readRegisters(libc)) !== undefined;
  }

  /** A user_regs_struct; undefined when there are none to be had. */
  *readRegisters(libc: Libc): SystemCalls<Uint8Array | undefined> {
    const { user } = libc;
    const mark = user.mark();
    const buffer = user.reserve(IntRegisters.size);
    const result = yield* read(libc, this.registers, buffer, IntRegisters.size);
    const bytes = user.memory.read(buffer, IntRegisters.size);
    user.release(mark);
    return result === -1 ? undefined : linuxRegistersOf(bytes);
  }

  *writeRegisters(libc: Libc, registers: Uint8Array): SystemCalls<number> {
    const mark = libc.user.mark();
    const bytes = redoxRegistersOf(registers);
    const result = yield* write(libc, this.registers, libc.scratch(bytes), bytes.length);
    libc.user.release(mark);
    return result;
  }

  *#happened(libc: Libc, { cause, a }: PtraceEvent, unheard: boolean): SystemCalls<void> {
    if (cause === SIGNAL) yield* this.#signaled(libc, a, unheard);
    else if (cause === PRE) this.#stopAt(SIGTRAP, true);
    else if (cause === POST && !this.#inCall) yield* this.#write(libc, this.#word);
    else this.#stopAt(SIGTRAP, false);
  }

  *#signaled(libc: Libc, signal: number, unheard: boolean): SystemCalls<void> {
    const wakes = signal === SIGCONT && this.#wakings > 0;
    if (wakes) this.#wakings--;
    if (wakes || signal === SIGKILL || unheard) {
      this.reallyStopped = !wakes && STOP_SIGNALS.includes(signal);
      yield* this.#write(libc, this.#word);
      return;
    }
    this.#signal = signal;
    this.stop = stoppedStatus(signal);
    this.reported = false;
  }

  #stopAt(signal: number, inCall: boolean): void {
    this.#inCall = inCall;
    this.stop = stoppedStatus(signal);
    this.reported = false;
  }

  *#write(libc: Libc, word: number): SystemCalls<number> {
    const mark = libc.user.mark();
    const bytes = Uint8Array.of(word & 0xff, word >> 8, 0, 0, 0, 0, 0, 0);
    const result = yield* write(libc, this.trace, libc.scratch(bytes), bytes.length);
    libc.user.release(mark);
    return result;
  }
}
