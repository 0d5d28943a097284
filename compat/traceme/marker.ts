// TRACEME as a file of the chan: scheme whose name says who is traced, relibc 82abb331 (2019-07-15).
// Its descriptor stays open until the process ends, and in whatever the process forks.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { O_CREAT, O_EXCL, O_STAT } from '../../kernel-sim/abi/index.js';
import type { Libc } from '../libc.js';
import { close, open } from '../pal/files.js';
import { getpid } from '../pal/processes.js';
import type { TracemeStrategy } from './strategy.js';

function markerPath(pid: number): string {
  return `chan:ptrace-relibc/${pid}/traceme`;
}

export const marker: TracemeStrategy = {
  *traceMe(libc: Libc): SystemCalls<number> {
    const pid = yield* getpid(libc);
    const file = yield* open(libc, markerPath(pid), O_CREAT | O_STAT | O_EXCL);
    return file === -1 ? -1 : 0;
  },

  *isTraced(libc: Libc, pid: number): SystemCalls<boolean> {
    if (libc.profile.ptrace.marksOnlyRealPids && pid <= 0) return false;
    const file = yield* open(libc, markerPath(pid), O_STAT);
    if (file === -1) return false;
    yield* close(libc, file);
    return true;
  },
};
