// The race that PTRACE_TRACEME is: a child marks itself and stops while its parent comes to wait. By
// every schedule of the two that deviates twice from the plainest, for each answer to TRACEME.
import { expect } from 'chai';
import {
  chanDaemon,
  libcProfile,
  PTRACE_CONT,
  PTRACE_TRACEME,
  ptraceDaemon,
  relibc,
  shmDaemon,
  type TracemeName,
  withTraceme,
} from '../../compat/index.js';
import { Cpu } from '../../cpu/index.js';
import { SIGSTOP } from '../../kernel-sim/abi/index.js';
import { DeadlockError, type Scheduler } from '../../kernel-sim/index.js';
import { exploreSchedules } from '../../lib/index.js';
import { interpreter, MEMORY, machine } from '../kernel-sim/machine.js';

const DAEMONS = { chan: chanDaemon, shm: shmDaemon, ptrace: ptraceDaemon };

/** One CPU for some machines: those that hang keep their memory. */
function cpus(): () => Cpu {
  let cpu: Cpu | undefined;
  let uses = 0;
  return () => {
    if (cpu === undefined || uses++ % 100 === 0) cpu = new Cpu({ memory: MEMORY, interpreter });
    return cpu;
  };
}

/** What a parent learns of a child that asks to be traced, stops, and exits with 7. */
function race(scheduler: Scheduler, traceme: TracemeName, cpu: Cpu): string {
  const { kernel } = machine({ scheduler, cpu });
  const daemon = { nothing: 'chan', marker: 'chan', 'shared-memory': 'shm', daemon: 'ptrace' }[
    traceme
  ] as keyof typeof DAEMONS;
  const server = kernel.spawn({ program: DAEMONS[daemon], name: daemon });
  kernel.run(() => server.status.kind === 'blocked');
  const library = withTraceme(libcProfile('a7b354c8'), traceme);
  const learnt: string[] = [];
  const parent = kernel.spawn({
    name: 'parent',
    program: function* (user) {
      const libc = relibc(user, library);
      const pid = yield* libc.fork(function* (child) {
        yield* child.ptrace(PTRACE_TRACEME);
        yield* child.raise(SIGSTOP);
        return 7;
      });
      for (let ended = false; !ended; ) {
        const { pid: waited, status } = yield* libc.wait(pid);
        learnt.push(waited === pid ? status.toString(16) : `errno ${libc.errno}`);
        ended = waited !== pid || (status & 0x7f) === 0;
        if (!ended) yield* libc.ptrace(PTRACE_CONT, pid);
      }
      return 0;
    },
  });
  try {
    kernel.run(() => parent.exited);
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    learnt.push('waits for ever');
  }
  return learnt.join(', ');
}

describe('a child that asks to be traced while its parent comes to wait', function () {
  this.timeout(120_000);

  function outcomes(traceme: TracemeName) {
    const cpu = cpus();
    const result = exploreSchedules((scheduler) => race(scheduler, traceme, cpu()), {
      deviations: 2,
    });
    expect(result.complete).to.equal(true);
    return { seen: [...result.outcomes.keys()], schedules: result.schedules };
  }

  it('is lost or not, as the two are scheduled, with a marker', () => {
    const { seen, schedules } = outcomes('marker');
    expect(schedules).to.be.greaterThan(100);
    expect(seen).to.include('waits for ever');
    expect(seen).to.include('137f, 700');
  });

  it('is lost by every schedule with a TRACEME that does nothing', () => {
    expect(outcomes('nothing').seen).to.deep.equal(['waits for ever']);
  });

  it('is never lost with a daemon that has all sessions', () => {
    const { seen, schedules } = outcomes('daemon');
    expect(seen).to.deep.equal(['137f, 700']);
    expect(schedules).to.be.greaterThan(1000);
  });
});
