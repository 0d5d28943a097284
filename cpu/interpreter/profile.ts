// What an interpreter for profiling does around the call of a translated region.
import {
  PROFILE_COUNTDOWN,
  PROFILE_IN_REGION,
  PROFILE_LEFT,
  PROFILE_RETIRED,
  PROFILE_TIMING,
  REMAINING,
} from '../layout.js';
import type { Code } from '../wasm/code.js';

/** Functions that are called around the regions which are timed. */
export interface ProfileImports {
  readonly begin: number;
  readonly end: number;
}

/** Counts the entry, what retired, and why it came back; `call` leaves the exit code in `why`. */
export function profiled(
  code: Code,
  { begin, end }: ProfileImports,
  { budget, why, call }: { budget: number; why: number; call: () => void },
): void {
  code.i32(0).i32(1).access('i32.store', PROFILE_IN_REGION);
  code.i32(0).i32(0).access('i32.load', PROFILE_COUNTDOWN).i32(1).op('i32.sub');
  code.access('i32.store', PROFILE_COUNTDOWN);
  code.i32(0).access('i32.load', PROFILE_COUNTDOWN).op('i32.eqz').if().call(begin).end();
  call();
  code.i32(0).access('i32.load', PROFILE_TIMING).if().call(end).end();
  code.i32(0).i32(0).access('i32.store', PROFILE_IN_REGION);
  code.i32(0).i32(0).access('i64.load', PROFILE_RETIRED);
  code.get(budget).i32(0).access('i32.load', REMAINING).op('i32.sub').op('i64.extend_i32_u');
  code.op('i64.add').access('i64.store', PROFILE_RETIRED);
  const counter = code.local('i32');
  code.get(why).i32(3).op('i32.shl').tee(counter);
  code.get(counter).access('i64.load', PROFILE_LEFT).i64(1n).op('i64.add');
  code.access('i64.store', PROFILE_LEFT);
}
