// relibc on the simulated kernel: programs that use it are TypeScript, and so are their tracees.
import { expect } from 'chai';
import {
  chanDaemon,
  type LibcProfile,
  libcProfile,
  PTRACE_TRACEME,
  type Relibc,
  relibc,
} from '../../compat/index.js';
import {
  type HostedProgram,
  SIGSTOP,
  type SystemCalls,
  TimeSpec,
} from '../../kernel-sim/abi/index.js';
import { kernelProfile } from '../../kernel-sim/index.js';
import { machine, scratch } from '../kernel-sim/machine.js';

export type Program = (libc: Relibc) => SystemCalls<unknown>;

export interface RunOptions {
  /** A revision of relibc, or what was made of one; that of 2019-08-04 unless said. */
  readonly library?: string | LibcProfile;
  /** A revision of the kernel. */
  readonly kernel?: string;
  /** The process that serves a scheme beside the program; ipcd's chan: unless said. */
  readonly daemon?: HostedProgram | undefined;
}

/** Runs a program to its own end; gives what was written to the console. */
export function run(program: Program, options: RunOptions = {}) {
  const { library, kernel: revision = 'P7', daemon } = { daemon: chanDaemon, ...options };
  const profile = typeof library === 'object' ? library : libcProfile(library);
  const { kernel, output } = machine({ profile: kernelProfile(revision) });
  if (daemon !== undefined) kernel.spawn({ program: daemon, name: 'ipcd' });
  let ended = false;
  const context = kernel.spawn({
    name: 'tracer',
    program: function* (user) {
      yield* program(relibc(user, profile));
      ended = true;
      return 0;
    },
  });
  kernel.run(() => context.exited);
  expect(ended, 'it came to its end').to.equal(true);
  return output;
}

export function sleep(libc: Relibc, seconds = 1): SystemCalls<number> {
  const time = TimeSpec.encode({ tv_sec: seconds, tv_nsec: 0 });
  return scratch(libc.user, time, (at) => libc.nanosleep(at, 0));
}

export function print(libc: Relibc, text: string, descriptor = 1): SystemCalls<number> {
  const bytes = Buffer.from(text, 'latin1');
  return scratch(libc.user, bytes, (at) => libc.write(descriptor, at, bytes.length));
}

/** Marks itself once its parent waits, and stops; then does what it is for. */
export function tracedChild(rest: Program, status = 0): (libc: Relibc) => SystemCalls<number> {
  return function* (libc) {
    yield* sleep(libc);
    yield* libc.ptrace(PTRACE_TRACEME);
    yield* libc.raise(SIGSTOP);
    yield* rest(libc);
    return status;
  };
}
