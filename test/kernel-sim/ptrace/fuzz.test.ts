// Whatever tracers do at any revision, the kernel answers with a number, or ends the machine in a
// way of that time: a panic, a hang, a deadlock. It never fails otherwise.
import { expect } from 'chai';
import fc from 'fast-check';
import type { HostedProgram, Userspace } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import {
  DeadlockError,
  KERNEL_PROFILES,
  KernelPanic,
  type KernelProfile,
} from '../../../kernel-sim/index.js';
import { call, fork, wait } from '../machine.js';
import { onRoundRobin } from './schedules.js';
import { calls, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, Tracer } from './tracer.js';

const RUNS = Number(process.env.SEEDS ?? 20);

const FILES = ['trace', 'trace', 'regs/int', 'regs/float', 'mem', 'exe'];
const SIZES = [0, 1, 8, 55, 56, 64, 168, 208, 416];
const SIGNALS = [abi.SIGSTOP, abi.SIGCONT, abi.SIGUSR1, abi.SIGCHLD, abi.SIGTERM, abi.SIGKILL];
/** getpid(); inc eax; int3; clone(0); ud2 */
const CODE = [0xb8, abi.SYS_GETPID, 0, 0, 0, 0x0f, 5, 0xff, 0xc0, 0xcc].concat([
  0xb8,
  abi.SYS_CLONE,
  0,
  0,
  0,
  0x31,
  0xff,
  0x0f,
  5,
  0x0f,
  0x0b,
]);

type Step =
  | { readonly do: 'open'; readonly who: number; readonly file: number; readonly flags: number }
  | { readonly do: 'write'; readonly fd: number; readonly size: number; readonly word: number }
  | { readonly do: 'read' | 'seek' | 'flags' | 'close'; readonly fd: number; readonly size: number }
  | { readonly do: 'kill'; readonly who: number; readonly signal: number }
  | { readonly do: 'pause' };

const who = fc.nat(3);
const fd = fc.nat(7);
const size = fc.nat(SIZES.length - 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('open'), who, file: fc.nat(5), flags: fc.nat(7) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write'), fd, size, word: fc.nat(0x31ff) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('read', 'seek', 'flags', 'close'), fd, size }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill'), who, signal: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause') }) },
);

/** Handles a signal, clones, and ends; calls are counted, as a tracer may have each skipped. */
const busy: HostedProgram = function* (user: Userspace) {
  const action = user.reserve(abi.SigAction.size);
  const sa_handler = user.handlerAddress(function* () {
    yield* call(abi.SYS_GETUID);
  });
  user.memory.write(action, abi.SigAction.encode({ sa_handler }));
  yield* call(abi.SYS_SIGACTION, abi.SIGUSR1, action, 0, 0);
  for (let i = 0; i < 30; i++) {
    yield* call(abi.SYS_GETPID);
    if (i % 7 === 3) yield* wait(user, yield* fork(user, calls({ number: abi.SYS_GETUID })));
  }
  return 3;
};

const yields: HostedProgram = calls(...Array(400).fill({ number: abi.SYS_YIELD }));

/** P5 skips each call while IGNORE is asked for, the last one of a program for ever. */
const allowed = ({ name }: KernelProfile): number => (name === 'P5' ? 0x21ff : 0x31ff);

function perform(tracer: Tracer, pids: readonly number[], fds: number[], step: Step): number {
  const at = 'fd' in step ? (fds[step.fd % Math.max(1, fds.length)] ?? 99) : 0;
  switch (step.do) {
    case 'open': {
      const flags = [O_TRUNC, O_EXCL, O_NONBLOCK].filter((_, bit) => (step.flags >> bit) & 1);
      const all = flags.reduce((sum, flag) => sum | flag, O_RDWR);
      const opened = tracer.open(pids[step.who], FILES[step.file], all);
      if (opened >= 0) fds.push(opened);
      return opened;
    }
    case 'write': {
      const bytes = new Uint8Array(SIZES[step.size]);
      const word = step.word & allowed(tracer.kernel.profile);
      bytes.set([word & 0xff, word >> 8].slice(0, bytes.length));
      // cs, as else the machine is lost at some revisions
      if (bytes.length >= 136) bytes[128] = 0x23;
      return tracer.write(at, bytes);
    }
    case 'read':
      return tracer.read(at, SIZES[step.size]).result;
    case 'seek':
      return tracer.seek(at, 0x40_0000 + step.size * 0x1000);
    case 'flags':
      return tracer.run(call(abi.SYS_FCNTL, at, abi.F_SETFL, step.size % 2 ? O_NONBLOCK : O_RDWR));
    case 'close':
      fds.splice(fds.indexOf(at), 1);
      return tracer.close(at);
    case 'kill':
      return tracer.kill(pids[step.who], SIGNALS[step.signal]);
    case 'pause':
      tracer.pause();
      return 0;
  }
}

describe('proc: under random tracers', () => {
  for (const profile of KERNEL_PROFILES) {
    onRoundRobin(`answers, or ends as a kernel of its time, at ${profile.name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const tracer = new Tracer({ profile, code: Uint8Array.from(CODE) });
          const pids = [tracer.child(busy), tracer.child(yields), tracer.machineChild()].map(
            ({ pid }) => pid,
          );
          pids.push(pids[2] + 1);
          const fds: number[] = [];
          try {
            for (const one of steps) {
              const result = perform(tracer, pids, fds, one);
              expect(result).to.be.at.least(-131);
            }
          } catch (error) {
            if (!(error instanceof KernelPanic || error instanceof DeadlockError)) throw error;
          }
        }),
        { numRuns: RUNS, seed: 1 },
      );
    });
  }
});
