// What a scheme is to the kernel: the server of all paths that begin with its name. The methods are
// those of the Scheme trait of redox_syscall 2019; a missing one answers as the trait's default.
import type { Context } from '../context.js';
import type { Syscall } from '../syscall.js';
import type { UserBuffer } from '../user-buffer.js';

/** The result of a call that seldom sleeps: a number at once, or the code that finds it. */
export type Reply = number | Syscall<number>;

/** A request to map an open file. */
export interface MapRequest {
  readonly offset: number;
  readonly size: number;
  /** MAP_* and PROT_* bits. */
  readonly flags: number;
}

export interface Scheme {
  /** Paths come without the scheme's name. Gives a handle. */
  open?(path: string, flags: number, caller: Context): Reply;
  chmod?(path: string, mode: number, caller: Context): Reply;
  rmdir?(path: string, caller: Context): Reply;
  unlink?(path: string, caller: Context): Reply;

  dup?(handle: number, path: UserBuffer, caller: Context): Reply;
  read?(handle: number, target: UserBuffer, caller: Context): Reply;
  write?(handle: number, source: UserBuffer, caller: Context): Reply;
  seek?(handle: number, position: number, whence: number, caller: Context): Reply;
  fchmod?(handle: number, mode: number, caller: Context): Reply;
  fchown?(handle: number, uid: number, gid: number, caller: Context): Reply;
  fcntl?(handle: number, command: number, argument: number, caller: Context): Reply;
  /** Which of the EVENT_* conditions hold now. */
  fevent?(handle: number, flags: number, caller: Context): Reply;
  /** Gives the address where the file is mapped in the caller's memory. */
  fmap?(handle: number, request: MapRequest, caller: Context): Reply;
  /** A mapping made by fmap went away; `address` is where it was. */
  funmap?(address: number, caller: Context): Reply;
  fpath?(handle: number, target: UserBuffer, caller: Context): Reply;
  frename?(handle: number, path: string, caller: Context): Reply;
  fstat?(handle: number, target: UserBuffer, caller: Context): Reply;
  fstatvfs?(handle: number, target: UserBuffer, caller: Context): Reply;
  fsync?(handle: number, caller: Context): Reply;
  ftruncate?(handle: number, length: number, caller: Context): Reply;
  futimens?(handle: number, times: UserBuffer, caller: Context): Reply;
  close?(handle: number, caller: Context): Reply;
}

/** Completes a reply inside code that may sleep. */
export function* settle(reply: Reply): Syscall<number> {
  return typeof reply === 'number' ? reply : yield* reply;
}

/** Fills as much of the target as the bytes reach; gives how many that is. */
export function fill(target: UserBuffer, bytes: Uint8Array): number {
  return target.write(bytes.length > target.length ? bytes.subarray(0, target.length) : bytes);
}
