// The calls of Linux that relibc has a function for, by number.
import { DESCRIPTOR_CALLS } from './calls/descriptors.js';
import { EPOLL_CALLS } from './calls/epoll.js';
import { FILE_TIME_CALLS } from './calls/file-times.js';
import { MEMORY_CALLS } from './calls/memory.js';
import { NAME_CALLS } from './calls/names.js';
import { PROCESS_CALLS } from './calls/processes.js';
import { READY_CALLS } from './calls/ready.js';
import { SIGNAL_CALLS } from './calls/signals.js';
import { SYSTEM_CALLS } from './calls/system.js';
import { TIME_CALLS } from './calls/time.js';
import type { Handler } from './linux-call.js';
import { linuxSyscallNumber } from './linux-syscalls.js';

const CALLS: Readonly<Record<string, Handler>> = {
  ...DESCRIPTOR_CALLS,
  ...NAME_CALLS,
  ...FILE_TIME_CALLS,
  ...MEMORY_CALLS,
  ...PROCESS_CALLS,
  ...SIGNAL_CALLS,
  ...TIME_CALLS,
  ...READY_CALLS,
  ...EPOLL_CALLS,
  ...SYSTEM_CALLS,
};

export const HANDLERS: ReadonlyMap<number, Handler> = new Map(
  Object.entries(CALLS).map(([name, handler]) => [linuxSyscallNumber(name), handler]),
);
