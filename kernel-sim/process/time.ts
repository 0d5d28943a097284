// Time. Source: syscall/time.rs of 2019; the clocks advance by ticks of the timer.
import { CLOCK_MONOTONIC, CLOCK_REALTIME, EINVAL, TimeSpec } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Kernel } from '../kernel.js';
import type { Handler, Sleep, Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';

const SECOND = 1_000_000_000;

const NANOSLEEP: Sleep = { describe: () => 'time to pass (nanosleep)', interruptible: true };

export const nanoseconds = ({ tv_sec, tv_nsec }: TimeSpec): number => tv_sec * SECOND + tv_nsec;

export function timeSpec(time: number): Uint8Array {
  return TimeSpec.encode({ tv_sec: Math.floor(time / SECOND), tv_nsec: time % SECOND });
}

/** clock_gettime(clock, time) */
export const clockGettime: Handler = ({ clock }, caller, which, timeAt) => {
  const out = caller.memory.buffer(timeAt, TimeSpec.size, true);
  switch (which) {
    case CLOCK_REALTIME: {
      const { monotonic } = clock;
      const seconds = clock.boot + Math.floor(monotonic / SECOND);
      out.write(TimeSpec.encode({ tv_sec: seconds, tv_nsec: monotonic % SECOND }));
      return 0;
    }
    case CLOCK_MONOTONIC:
      out.write(timeSpec(clock.monotonic));
      return 0;
    default:
      throw new SysError(EINVAL);
  }
};

/** nanosleep(time, remaining); the second address may be 0 */
export const nanosleep: Handler = (kernel, caller, timeAt, remainingAt) => {
  const request = TimeSpec.decode(caller.memory.read(timeAt, TimeSpec.size));
  const out =
    remainingAt === 0 ? undefined : caller.memory.buffer(remainingAt, TimeSpec.size, true);
  return sleep(kernel, caller, kernel.clock.monotonic + nanoseconds(request), out);
};

function* sleep(
  kernel: Kernel,
  caller: Context,
  end: number,
  out: UserBuffer | undefined,
): Syscall<number> {
  do {
    kernel.deadlines.set(caller, end);
    caller.block();
    yield NANOSLEEP;
    caller.deadline = undefined;
  } while (kernel.profile.nanosleepResumes && kernel.clock.monotonic < end);
  out?.write(timeSpec(Math.max(0, end - kernel.clock.monotonic)));
  return 0;
}
