// struct stat: Redox's fields in the order and widths of Linux's.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { EFAULT, Stat } from '../../kernel-sim/abi/index.js';
import { LinuxStat } from '../headers/linux.js';
import type { LinuxCall } from './linux-call.js';

/** Makes a call that fills Redox's structure in scratch memory, and stores Linux's at `target`. */
export function* storeStat(
  call: LinuxCall,
  target: number,
  fill: (buffer: number) => SystemCalls<number>,
): SystemCalls<number> {
  const { user, libc } = call;
  if (!user.memory.accessible(target, LinuxStat.size, true)) return libc.fail(EFAULT);
  const buffer = user.reserve(Stat.size); // released with the call
  if ((yield* fill(buffer)) === -1) return -1;
  const stat = Stat.decode(user.memory.read(buffer, Stat.size));
  user.memory.write(target, LinuxStat.encode({ ...stat, st_rdev: 0 }));
  return 0;
}
