// Reproductions: events of trace files, clones, exits, and tracers that wait for them.

import { PTRACE_SYSCALL } from '../../../compat/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { Lab } from '../lab.js';
import { ptrace, stopped, wait } from '../relibc-steps.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel, library, onTwoCpus } from '../revisions.js';
import {
  attach,
  attachNonBlocking,
  BREAKPOINT,
  calls,
  EVENT_CLONE,
  fork,
  getpid,
  open,
  POST,
  PRE,
  SIGNAL,
  STEP,
  spin,
  type Traced,
} from '../steps.js';

const { O_RDWR, SIGTERM, WNOHANG } = abi;

/** A process whose child makes a call and ends; it waits for that, and ends, too. */
const parentOfOne: abi.HostedProgram = function* (user) {
  const pid = yield* fork(user, calls(getpid));
  yield { number: abi.SYS_WAITPID, a: pid, b: 0, c: 0 };
  return 0;
};

/** Lets a tracee go on that clones itself, and asks for the event. */
function untilClone(lab: Lab, { trace }: Traced): void {
  if (lab.operations) {
    lab.resume(trace, 'entry');
    lab.pause();
    lab.resume(trace, 'end');
  } else lab.command(trace, EVENT_CLONE | BREAKPOINT);
  lab.pause();
}

/** Sleeps until somebody ends it. */
const sleeper: abi.HostedProgram = function* (user) {
  const word = user.reserve(8);
  user.memory.store32(word, 0);
  yield { number: abi.SYS_FUTEX, a: word, b: abi.FUTEX_WAIT, c: 0, d: 0 };
  return 0;
};

/** A tracer that waits, by writing or reading, for a stop that does not come. */
function waitingTracer(lab: Lab) {
  const target = lab.child(sleeper, { name: 'tracee' });
  lab.pause();
  const tracer = lab.child(
    function* (user) {
      const trace = yield* open(user, `proc:${target.pid}/trace`, O_RDWR);
      const buffer = user.reserve(64);
      user.memory.storeNumber(buffer, lab.operations ? abi.PTRACE_SYSCALL : SIGNAL);
      yield { number: abi.SYS_WRITE, a: trace, b: buffer, c: lab.operations ? 1 : 8 };
      yield { number: abi.SYS_READ, a: trace, b: buffer, c: 56 };
      return 0;
    },
    { name: 'another tracer' },
  );
  lab.pause();
  return { target, tracer };
}

/** A tracee of relibc has such a file: its marker. */
function withRelibc(lab: Lab): void {
  const second = new Lab(library('82abb331', lab.revision.kernel.name), lab);
  const pid = stopped(second);
  second.watch('relibc’s PTRACE_SYSCALL up to the exit', () => {
    for (;;) {
      ptrace(second, PTRACE_SYSCALL, pid);
      const status = wait(second, pid);
      if (status !== 'stopped by SIGSTOP') return status;
    }
  });
}

export const EVENTS: readonly Reproduction[] = [
  {
    id: 'KP-08',
    faulty: [kernel('P1'), kernel('P2')],
    sound: [kernel('P2b')],
    run(lab) {
      lab.spawnChan();
      // closing the file of a daemon's scheme waits for the daemon
      const { pid } = lab.child(function* (user) {
        yield* open(user, 'chan:somewhere', O_RDWR | abi.O_CREAT);
        return 3;
      });
      const { trace } = attach(lab, pid);
      for (let i = 0; i < 3; i++) lab.resume(trace, 'entry');
      lab.see('the write that waits while it exits', lab.resume(trace, 'end'));
      lab.see('waitpid with WNOHANG after it', lab.wait(pid, WNOHANG));
      if (lab.revision.kernel.name !== 'P1') withRelibc(lab);
    },
    sights: [
      { what: 'the write that waits while it exits', expected: ['1', '1', 'ESRCH'] },
      {
        what: 'waitpid with WNOHANG after it',
        expected: ['0', '0', 'exited with 3'],
        linux: 'exited with 3',
      },
      {
        what: 'relibc’s PTRACE_SYSCALL up to the exit',
        expected: ['-', 'wait for ever: tracer', 'exited with 0'],
        linux: 'exited with 0',
      },
    ],
  },
  {
    id: 'KP-27',
    faulty: [kernel('P2'), kernel('P6')],
    sound: [kernel('P7')],
    run(lab) {
      const { tracer } = waitingTracer(lab);
      lab.watch('the tracer that was killed in its write', () => {
        lab.kill(tracer.pid, SIGTERM);
        return lab.wait(tracer.pid);
      });
    },
    sights: [
      {
        what: 'the tracer that was killed in its write',
        expected: ['kernel hang', 'kernel hang', 'killed by SIGTERM'],
      },
    ],
  },
  {
    id: 'KP-32',
    faulty: [kernel('P8')],
    sound: [kernel('P7'), kernel('P9')],
    run(lab) {
      const { pid, trace } = attachNonBlocking(lab, lab.child(calls(getpid)).pid);
      lab.command(trace, 0);
      lab.wait(pid);
      lab.see('a command after its exit', lab.command(trace, PRE));
    },
    sights: [
      {
        what: 'a command after its exit',
        expected: ['ENODEV', 'ESRCH', 'ESRCH'],
        linux: 'ESRCH',
      },
    ],
  },
  {
    id: 'KP-33',
    // the tracer wakes its tracee before that sleeps; the tracee its tracer
    faulty: [
      onTwoCpus(changed('P7m', { 'KP-33': true })),
      onTwoCpus(changed('P7m', { 'KP-33': true }), 'first'),
    ],
    sound: [
      { ...changed('P7m', { 'KP-33': true }), name: 'P7m with the fault, one CPU' },
      onTwoCpus(kernel('P8')),
    ],
    run(lab) {
      const { trace } = attach(lab, lab.child(calls(getpid)).pid);
      lab.watch('waiting for the entry', () => lab.next(trace, PRE));
      if (lab.seen.get('waiting for the entry') !== 'PRE_SYSCALL') return;
      lab.watch('waiting for the end', () => lab.next(trace, POST));
    },
    sights: [
      {
        what: 'waiting for the entry',
        expected: ['PRE_SYSCALL', 'wait for ever: tracer, child', 'PRE_SYSCALL', 'PRE_SYSCALL'],
      },
      {
        what: 'waiting for the end',
        expected: ['wait for ever: tracer, child', '-', 'POST_SYSCALL', 'POST_SYSCALL'],
      },
    ],
  },
  {
    id: 'KP-36',
    faulty: [kernel('P9'), kernel('P12')],
    sound: [kernel('P7'), changed('P12', { 'KP-36': false })],
    run(lab) {
      const { pid, trace } = attach(lab, lab.child(calls(getpid)).pid);
      lab.see('stop', lab.next(trace, PRE));
      lab.kill(pid, abi.SIGCHLD); // nobody handles it
      lab.pause();
      lab.see('read again', lab.events(trace));
    },
    sights: [
      {
        what: 'stop',
        expected: ['PRE_SYSCALL', 'PRE_SYSCALL', 'PRE_SYSCALL', 'PRE_SYSCALL'],
        linux: 'stopped by SIGTRAP',
      },
      { what: 'read again', expected: ['PRE_SYSCALL', 'PRE_SYSCALL', 'none', 'none'] },
    ],
  },
  {
    id: 'KP-37',
    faulty: [kernel('P9'), kernel('P12'), onTwoCpus(kernel('P12'))],
    sound: [kernel('P7'), changed('P12', { 'KP-37': false })],
    run(lab) {
      const { target } = waitingTracer(lab);
      lab.watch('opening any file of proc: while another tracer waits', () => {
        const result = lab.open(`proc:${target.pid}/regs/int`);
        return typeof result === 'string' ? result : 'opens';
      });

      const second = lab.another();
      const { tracer } = waitingTracer(second);
      second.watch('killing that tracer', () => {
        second.kill(tracer.pid, SIGTERM);
        return second.wait(tracer.pid);
      });
    },
    sights: [
      {
        what: 'opening any file of proc: while another tracer waits',
        expected: [
          'kernel hang',
          'kernel hang',
          'wait for ever: tracer, tracee, another tracer',
          'opens',
          'opens',
        ],
      },
      {
        what: 'killing that tracer',
        expected: [
          'kernel hang',
          'kernel hang',
          'wait for ever: tracer, tracee, another tracer',
          'killed by SIGTERM',
          'killed by SIGTERM',
        ],
        linux: 'killed by SIGTERM',
      },
    ],
  },
  {
    id: 'KP-38',
    faulty: [kernel('P9'), kernel('P12')],
    sound: [kernel('P7'), changed('P12', { 'KP-38': false })],
    run(lab) {
      const { trace } = attach(lab, lab.child(calls(getpid)).pid);
      lab.watch('waiting for a stop, the exit being first', () => {
        const result = lab.command(trace, SIGNAL);
        lab.pause();
        return typeof result === 'string' ? result : lab.events(trace);
      });
    },
    sights: [
      {
        what: 'waiting for a stop, the exit being first',
        expected: ['wait for ever: tracer', 'wait for ever: tracer', 'ESRCH', 'ESRCH'],
        linux: 'exited with 0',
      },
    ],
  },
  {
    id: 'KP-39',
    faulty: [kernel('P9'), kernel('P12')],
    sound: [kernel('P7')],
    run(lab) {
      const traced = attachNonBlocking(lab, lab.child(parentOfOne).pid);
      lab.command(traced.trace, EVENT_CLONE | BREAKPOINT);
      lab.pause();
      lab.setNonBlocking(traced.trace, false);
      lab.watch('reading 40 bytes of a CLONE event', () => lab.read(traced.trace, 40).result);
    },
    sights: [
      {
        what: 'reading 40 bytes of a CLONE event',
        expected: ['kernel panic', 'kernel panic', '0'],
      },
    ],
  },
  {
    id: 'KP-40',
    faulty: [kernel('P3'), kernel('P4'), kernel('P7'), kernel('P12')],
    sound: [changed('P12', { 'KP-40': false })],
    run(lab) {
      const traced = attachNonBlocking(lab, lab.child(parentOfOne).pid);
      untilClone(lab, traced);
      const child = Number(lab.events(traced.trace).split(' ')[1]);
      const own = attachNonBlocking(lab, child);
      lab.watch('reading the registers of the new child', () => lab.read(own.regs, 168).result);
      if (lab.operations) return;
      lab.see('stepping it', lab.command(own.trace, STEP));
    },
    sights: [
      {
        what: 'reading the registers of the new child',
        expected: ['kernel hang', 'kernel hang', 'ENOTRECOVERABLE', 'ENOTRECOVERABLE', '168'],
        linux: 'its registers',
      },
      {
        what: 'stepping it',
        expected: ['-', '-', 'ENOTRECOVERABLE', 'ENOTRECOVERABLE', '8'],
      },
    ],
  },
  {
    id: 'KP-49',
    faulty: [kernel('P3'), kernel('P7')],
    sound: [kernel('P8'), kernel('P12')],
    run(lab) {
      const mem = lab.opened(`proc:${lab.child(spin).pid}/mem`);
      const queue = lab.opened('event:');
      const event = abi.Event.encode({ id: mem, flags: abi.EVENT_READ, data: 0n });
      lab.watch('subscribing to a mem file', () => lab.write(queue, event));
    },
    sights: [
      {
        what: 'subscribing to a mem file',
        expected: ['kernel panic', 'kernel panic', 'ENODEV', '24'],
      },
    ],
  },
  {
    id: 'KP-64',
    faulty: [kernel('P9'), kernel('P12')],
    sound: [kernel('P7'), changed('P12', { 'KP-64': false })],
    run(lab) {
      const traced = attachNonBlocking(lab, lab.child(parentOfOne).pid);
      untilClone(lab, traced);
      lab.kill(traced.pid, SIGTERM);
      lab.command(traced.trace, EVENT_CLONE);
      lab.pause();
      lab.see('the tracee', lab.wait(traced.pid));
      const events = lab.events(traced.trace);
      lab.see('reading the event from before', events.replace(/\d+/, 'n'));
    },
    sights: [
      {
        what: 'the tracee',
        expected: [
          'killed by SIGTERM',
          'killed by SIGTERM',
          'killed by SIGTERM',
          'killed by SIGTERM',
        ],
      },
      {
        what: 'reading the event from before',
        expected: ['ESRCH', 'ESRCH', 'CLONE n', 'CLONE n'],
      },
    ],
  },
  {
    id: 'KP-66',
    faulty: [kernel('P3'), kernel('P5b')],
    sound: [kernel('P5c'), kernel('P7'), kernel('P12')],
    run(lab) {
      const traced = attachNonBlocking(lab, lab.child(parentOfOne).pid);
      untilClone(lab, traced);
      lab.see('event', lab.events(traced.trace).replace(/\d+/, 'n'));
      lab.resume(traced.trace, 'continue');
      lab.watch('the tracee, which waits for its child', () => lab.wait(traced.pid));

      const second = lab.another();
      const unread = attachNonBlocking(second, second.child(parentOfOne).pid);
      untilClone(second, unread);
      second.resume(unread.trace, 'continue');
      second.watch('when the event is never read', () => second.wait(unread.pid));
    },
    sights: [
      { what: 'event', expected: ['CLONE n', 'CLONE n', 'CLONE n', 'CLONE n', 'CLONE n'] },
      {
        what: 'the tracee, which waits for its child',
        expected: [
          'wait for ever: tracer, child, child',
          'wait for ever: tracer, child, child',
          'exited with 0',
          'exited with 0',
          'exited with 0',
        ],
        linux: 'exited with 0',
      },
      {
        what: 'when the event is never read',
        expected: [
          'wait for ever: tracer, child, child',
          'wait for ever: tracer, child, child',
          'wait for ever: tracer, child, child',
          'wait for ever: tracer, child, child',
          'wait for ever: tracer, child, child',
        ],
      },
    ],
  },
];
