// TRACEME as a no-op, relibc f389010f (2019-07-10): whoever is asked for is traced.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import type { TracemeStrategy } from './strategy.js';

export const nothing: TracemeStrategy = {
  // biome-ignore lint/correctness/useYield: a generator like the others
  *traceMe(): SystemCalls<number> {
    return 0;
  },
  // biome-ignore lint/correctness/useYield: a generator like the others
  *isTraced(): SystemCalls<boolean> {
    return true;
  },
};
