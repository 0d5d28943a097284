// The state of a context's signals: actions, and what the kernel of 2019 kept aside while a signal
// was handled (registers, FPU and the whole kernel stack; here, the suspended code stands for the
// stack).
import type { Registers } from '../../cpu/index.js';
import { SIG_DFL } from '../abi/index.js';
import type { UserCode } from '../context.js';
import type { Syscall } from '../syscall.js';

export interface SignalAction {
  readonly handler: number;
  readonly maskLow: bigint;
  readonly maskHigh: bigint;
  readonly flags: number;
  readonly restorer: number;
}

export const DEFAULT_ACTION: SignalAction = {
  handler: SIG_DFL,
  maskLow: 0n,
  maskHigh: 0n,
  flags: 0,
  restorer: 0,
};

/** Shared by CLONE_SIGHAND. */
export class SignalActions {
  readonly #actions: Map<number, SignalAction>;

  constructor(actions?: SignalActions) {
    this.#actions = new Map(actions?.entries());
  }

  get(signal: number): SignalAction {
    return this.#actions.get(signal) ?? DEFAULT_ACTION;
  }

  set(signal: number, action: SignalAction): void {
    this.#actions.set(signal, action);
  }

  entries(): Iterable<[number, SignalAction]> {
    return this.#actions.entries();
  }
}

export interface SignalBackup {
  readonly signal: number;
  /** What it interrupted, unless that is `untouched` and still where it was. */
  readonly registers: Registers;
  readonly untouched: boolean;
  readonly frame: boolean;
  readonly flow: Syscall<void> | undefined;
  readonly user: UserCode;
}
