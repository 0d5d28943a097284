// Who a process is: pids, groups, users. Source: syscall/process.rs and syscall/privilege.rs of
// 2019.
import { EPERM, ESRCH } from '../abi/index.js';
import { SysError } from '../error.js';
import { GiveWay, type Handler } from '../syscall.js';

export const getpid: Handler = (_, { pid }) => pid;
export const getppid: Handler = (_, { ppid }) => ppid;
export const getuid: Handler = (_, { ruid }) => ruid;
export const geteuid: Handler = (_, { euid }) => euid;
export const getgid: Handler = (_, { rgid }) => rgid;
export const getegid: Handler = (_, { egid }) => egid;

/** -1 */
const NOBODY = 0xffff_ffff;

/** getpgid(pid), 0 for the caller's */
export const getpgid: Handler = (kernel, caller, pid) =>
  pid === 0 ? caller.pgid : kernel.contexts.require(pid).pgid;

/** setpgid(pid, pgid): of the caller or a child; no sessions, no leaders */
export const setpgid: Handler = (kernel, caller, pid, pgid) => {
  const target = pid === 0 ? caller : kernel.contexts.require(pid);
  if (target !== caller && target.ppid !== caller.pid) throw new SysError(ESRCH);
  target.pgid = pgid === 0 ? target.pid : pgid;
  return 0;
};

/** setreuid(ruid, euid), -1 to keep one; root gets -1 for an id if it asks so */
export const setreuid: Handler = (_, caller, ruid, euid) => {
  const permitted = [caller.ruid, caller.euid];
  const newReal = newId(ruid, caller.ruid, permitted, caller.euid === 0);
  const newEffective = newId(euid, caller.euid, permitted, caller.euid === 0);
  caller.ruid = newReal;
  caller.euid = newEffective;
  return 0;
};

/** setregid(rgid, egid), -1 to keep one */
export const setregid: Handler = (_, caller, rgid, egid) => {
  const permitted = [caller.rgid, caller.egid];
  const newReal = newId(rgid, caller.rgid, permitted, caller.euid === 0);
  const newEffective = newId(egid, caller.egid, permitted, caller.euid === 0);
  caller.rgid = newReal;
  caller.egid = newEffective;
  return 0;
};

/** umask(mask): gives the old one */
export const umask: Handler = (_, caller, mask) => {
  const old = caller.umask;
  caller.umask = mask;
  return old;
};

/** yield() */
export const yieldCall: Handler = () => new GiveWay();

function newId(id: number, old: number, permitted: number[], root: boolean): number {
  const wanted = id >>> 0;
  if (root || permitted.includes(wanted)) return wanted; // even -1, if root
  if (wanted !== NOBODY) throw new SysError(EPERM);
  return old;
}
