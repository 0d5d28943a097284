// futex. Source: syscall/futex.rs of 2019: one list for the whole machine, keyed by address alone,
// whoever's it is; what wakes a waiter (a wake, a signal, the time) is not told; entries of
// waiters who left otherwise stay.
import {
  EAGAIN,
  EINVAL,
  FUTEX_REQUEUE,
  FUTEX_WAIT,
  FUTEX_WAKE,
  TimeSpec,
  viewOf,
} from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Kernel } from '../kernel.js';
import type { Handler, Sleep, Syscall } from '../syscall.js';
import { nanoseconds } from './time.js';

const WORD_SIZE = 4;

interface Entry {
  address: number;
  readonly context: Context;
}

export class Futexes {
  readonly #entries: Entry[] = [];

  add(address: number, context: Context): void {
    this.#entries.push({ address, context });
  }

  /** Wakes up to `count`, moves up to `others` more to another address; gives how many woke. */
  wake(address: number, count: number, others = 0, target = 0): number {
    const entries = this.#entries;
    let woken = 0;
    let moved = 0;
    for (let i = 0; i < entries.length && (woken < count || moved < others); ) {
      const entry = entries[i];
      if (entry.address !== address) {
        i++;
      } else if (woken < count) {
        // the last entry takes the place of the one that goes
        const last = entries.pop();
        if (last !== undefined && last !== entry) entries[i] = last;
        entry.context.unblock();
        woken++;
      } else {
        entry.address = target;
        moved++;
        i++;
      }
    }
    return woken;
  }
}

/** futex(address, op, val, val2, address2) */
export const futex: Handler = (kernel, caller, address, op, value, value2, address2) => {
  const word = caller.memory.buffer(address, WORD_SIZE, true);
  switch (op) {
    case FUTEX_WAIT:
      return wait(kernel, caller, address, viewOf(word.read()).getInt32(0, true), value, value2);
    case FUTEX_WAKE:
      return kernel.futexes.wake(address, value | 0);
    case FUTEX_REQUEUE:
      caller.memory.buffer(address2, WORD_SIZE, true);
      return kernel.futexes.wake(address, value | 0, value2, address2);
    default:
      throw new SysError(EINVAL);
  }
};

function wait(
  kernel: Kernel,
  caller: Context,
  address: number,
  actual: number,
  expected: number,
  timeoutAt: number,
): Syscall<number> {
  const timeout = timeoutAt === 0 ? undefined : caller.memory.read(timeoutAt, TimeSpec.size);
  if (actual !== (expected | 0)) throw new SysError(EAGAIN);
  const span = timeout && nanoseconds(TimeSpec.decode(timeout));
  return sleep(kernel, caller, address, span);
}

function* sleep(
  kernel: Kernel,
  caller: Context,
  address: number,
  span: number | undefined,
): Syscall<number> {
  kernel.futexes.add(address, caller);
  if (span !== undefined) kernel.deadlines.set(caller, kernel.clock.monotonic + span);
  caller.block();
  yield futexSleep(address);
  caller.deadline = undefined;
  return 0;
}

const futexSleep = (address: number): Sleep => ({
  describe: () => `a wake of the futex at 0x${address.toString(16)}`,
  interruptible: true,
});
