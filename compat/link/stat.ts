// struct stat and struct statfs: Redox's fields in the order and widths of Linux's.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { EFAULT, Stat, StatVfs } from '../../kernel-sim/abi/index.js';
import { LinuxStat, LinuxStatFs } from '../headers/linux.js';
import type { LinuxCall } from './linux-call.js';

/** Bytes of a name in RedoxFS. */
const LONGEST_NAME = 222;

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

/** What a call that fills Redox's struct statvfs says; undefined after an error. */
export function* readStatVfs(
  { user }: LinuxCall,
  fill: (buffer: number) => SystemCalls<number>,
): SystemCalls<StatVfs | undefined> {
  const buffer = user.reserve(StatVfs.size); // released with the call
  if ((yield* fill(buffer)) === -1) return undefined;
  return StatVfs.decode(user.memory.read(buffer, StatVfs.size));
}

/** The same as {@link storeStat} for statfs. */
export function* storeStatFs(
  call: LinuxCall,
  target: number,
  fill: (buffer: number) => SystemCalls<number>,
): SystemCalls<number> {
  const { user, libc } = call;
  if (!user.memory.accessible(target, LinuxStatFs.size, true)) return libc.fail(EFAULT);
  const found = yield* readStatVfs(call, fill);
  if (found === undefined) return -1;
  const { f_bsize } = found;
  user.memory.write(
    target,
    LinuxStatFs.encode({ ...found, f_namelen: LONGEST_NAME, f_frsize: f_bsize }),
  );
  return 0;
}
