// proc:PID/trace of July 2019 (P1 to P4): the first byte that is written is an operation, and the
// write waits until its breakpoint is reached. Facts: scheme/proc.rs and ptrace.rs of 788526a3,
// be867ae5 and a7da393c.
import type { Registers } from '../../cpu/index.js';
import {
  EBADF,
  EINVAL,
  O_NONBLOCK,
  PTRACE_CONT,
  PTRACE_FLAG_IGNORE,
  PTRACE_OPERATION_MASK,
  PTRACE_SIGNAL,
  PTRACE_SINGLESTEP,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PTRACE_STOP_SIGNAL,
  PTRACE_STOP_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_WAIT,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Reply } from '../scheme/scheme.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';
import { OPERATION_EVENTS } from './event-codec.js';
import { living, onceThereIsFrame } from './target.js';
import { TraceFile } from './trace-file.js';
import { setTrapFlag } from './trap-flag.js';

const TAKEN = 1;
/** An event came instead of the breakpoint. */
const INTERRUPTED = 0;

/** Later words of flags that mean the same, by operation. */
const BREAKPOINTS: ReadonlyMap<number, number> = new Map([
  [PTRACE_SYSCALL, PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_POST_SYSCALL],
  [PTRACE_SINGLESTEP, PTRACE_STOP_SINGLESTEP],
  [PTRACE_SIGNAL, PTRACE_STOP_SIGNAL],
]);

export class OperationsFile extends TraceFile {
  protected override command(source: UserBuffer, caller: Context): Reply {
    if (source.length === 0) return 0;
    const byte = source.read(0, 1)[0];
    const operation = byte & PTRACE_OPERATION_MASK;
    this.#apply(operation, (byte & PTRACE_SYSEMU) !== 0);
    const { session } = this;
    const target = living(this.services.contexts, session.pid);
    if (operation !== PTRACE_WAIT) this.forgetStep(target);
    const blocking = operation === PTRACE_WAIT || (this.flags & O_NONBLOCK) === 0;
    if (operation === PTRACE_SINGLESTEP && target.frameRegisters === undefined) {
      return this.#stepOnceItCan(target, blocking, operation, caller);
    }
    if (operation === PTRACE_SINGLESTEP) this.#step(target.frameRegisters);
    target.ptraceStop = false;
    return blocking ? this.#await(operation, caller) : TAKEN;
  }

  override read(target: UserBuffer): number {
    if (this.profile.protocol === 'operations') throw new SysError(EBADF);
    return this.drain(target, OPERATION_EVENTS);
  }

  /** @throws SysError EINVAL */
  #apply(operation: number, emulates: boolean): void {
    const { session } = this;
    if (operation === PTRACE_WAIT) return;
    const stops = (BREAKPOINTS.get(operation) ?? 0) & this.profile.stops;
    if (stops === 0 && operation !== PTRACE_CONT) throw new SysError(EINVAL);
    session.disarm();
    session.tracee.notify();
    if (stops === 0) return;
    // stepping takes no notice of SYSEMU
    const ignores = emulates && operation === PTRACE_SYSCALL;
    session.arm(ignores ? stops | PTRACE_FLAG_IGNORE : stops);
  }

  *#stepOnceItCan(
    target: Context,
    blocking: boolean,
    operation: number,
    caller: Context,
  ): Syscall<number> {
    this.#step(yield* onceThereIsFrame(target, caller, this.services));
    target.ptraceStop = false;
    if (!blocking) return TAKEN;
    const waited = this.#await(operation, caller);
    return typeof waited === 'number' ? waited : yield* waited;
  }

  #step(frame: Registers | undefined): void {
    if (frame !== undefined) setTrapFlag(frame, this.profile.faults);
  }

  #await(operation: number, caller: Context): Reply {
    const { session, profile } = this;
    if (profile.protocol === 'operations') {
      // nothing to wait for, as far as CONT and a WAIT without breakpoint go
      const waits = operation !== PTRACE_CONT && session.breakpoint !== 0 && !session.reached;
      return waits ? this.#sleep(caller) : TAKEN;
    }
    if (session.reached) return TAKEN;
    if (session.eventCount > 0 && profile.faults['KP-14']) return this.#interrupted();
    return this.#sleep(caller);
  }

  *#sleep(caller: Context): Syscall<number> {
    const { session, services } = this;
    const { tracer } = session;
    this.sleeping(caller);
    do yield tracer.enter(caller);
    while (tracer.leave(caller));
    this.sleeping(undefined);
    if (session.eventCount > 0) return this.#interrupted();
    living(services.contexts, session.pid);
    return TAKEN;
  }

  #interrupted(): number {
    this.remember(this.session.oldest);
    return INTERRUPTED;
  }
}
