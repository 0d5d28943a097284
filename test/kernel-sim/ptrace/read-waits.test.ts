import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import {
  DeadlockError,
  type FaultOverrides,
  KernelHang,
  KernelPanic,
  kernelProfile,
} from '../../../kernel-sim/index.js';
import { call, fork, named, open, read, wait } from '../machine.js';
import { CLONE, EXIT, getpid, getuid, POST, PRE, SIGNAL, WAIT } from './flags.js';
import { itAt, onRoundRobin } from './schedules.js';
import { calls, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

const EVENT = abi.PtraceEvent.size;

for (const revision of ['P9', 'P10', 'P11', 'P12']) {
  /** A tracer with one tracee, frozen before its first call. */
  function traced(program: HostedProgram, flags = 0, faults: FaultOverrides = {}) {
    const tracer = new Tracer({ profile: kernelProfile(revision, faults) });
    return tracer.attach(tracer.child(program), O_RDWR | O_TRUNC | flags);
  }

  describe(`a command word at ${revision}`, () => {
    onRoundRobin('is taken at once, stop or no stop', () => {
      const { tracer, trace, child } = traced(calls(getpid));
      expect(tracer.command(trace, PRE)).to.equal(8);
      expect(tracer.command(trace, 0)).to.equal(8);
      expect(child.status.kind).to.equal('runnable');
    });

    itAt(revision)(
      'may hold FLAG_WAIT, which does nothing: the tracee goes on without a stop',
      () => {
        const { tracer, trace, child } = traced(calls(getpid, getpid), O_NONBLOCK);
        tracer.command(trace, PRE);
        tracer.pause();
        expect(tracer.events(trace)).to.have.length(1);
        expect(tracer.command(trace, WAIT)).to.equal(8);
        tracer.pause();
        expect(child.exited).to.equal(true);
      },
    );

    itAt(revision)('is ESRCH when the tracee has ended', () => {
      const { tracer, trace, pid } = traced(calls(), O_NONBLOCK);
      tracer.command(trace, 0);
      tracer.pause();
      expect(named(tracer.command(trace, PRE))).to.equal('ESRCH');
      tracer.wait(pid);
      expect(named(tracer.command(trace, PRE))).to.equal('ESRCH');
    });
  });

  describe(`reading events at ${revision}`, () => {
    itAt(revision)('waits for the stop', () => {
      const { tracer, trace } = traced(calls(getpid));
      tracer.command(trace, PRE);
      expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
    });

    itAt(revision)('gives nothing at once while the stop lasts and its event is read', () => {
      const { tracer, trace } = traced(calls(getpid));
      expect(tracer.next(trace, PRE)).to.equal(PRE);
      expect(tracer.read(trace, EVENT).result).to.equal(0);
      expect(tracer.read(trace, EVENT).result).to.equal(0);
    });

    itAt(revision)('under O_NONBLOCK is EAGAIN until the stop', () => {
      const { tracer, trace } = traced(calls(getpid), O_NONBLOCK);
      expect(named(tracer.read(trace, EVENT).result)).to.equal('EAGAIN');
      tracer.command(trace, PRE);
      tracer.pause();
      expect(tracer.awaited(trace)).to.equal(PRE);
    });

    onRoundRobin('is ESRCH when the tracee ends meanwhile', () => {
      const { tracer, trace } = traced(calls(getpid));
      tracer.command(trace, SIGNAL);
      expect(named(tracer.awaited(trace))).to.equal('ESRCH');
    });

    itAt(revision)('waits for ever for a tracee that has ended before (KP-38)', () => {
      const ended = (faults: FaultOverrides) => {
        const { tracer, trace } = traced(calls(getpid), 0, faults);
        tracer.command(trace, SIGNAL);
        tracer.pause();
        return () => named(tracer.awaited(trace));
      };
      expect(ended({})).to.throw(DeadlockError, /PTRACE_STOP_SIGNAL of its tracee/);
      expect(ended({ 'KP-38': false })()).to.equal('ESRCH');
    });

    itAt(revision)(
      'panics into less than an event while only a clone is to be told (KP-39)',
      () => {
        const short = (faults: FaultOverrides) => {
          const { tracer, trace } = traced(forksAndSpins, 0, faults);
          tracer.command(trace, CLONE);
          tracer.pause();
          return () => named(tracer.read(trace, EVENT - 1).result);
        };
        expect(short({})).to.throw(KernelPanic, /spuriously/);
        expect(short({ 'KP-39': false })()).to.equal('EAGAIN');
      },
    );

    itAt(revision)('does not tell what came before the end (KP-64)', () => {
      const ended = (faults: FaultOverrides) => {
        const { tracer, trace } = traced(forks, O_NONBLOCK, faults);
        tracer.command(trace, CLONE);
        tracer.pause(20);
        return tracer.awaited(trace);
      };
      expect(named(ended({}))).to.equal('ESRCH');
      expect(ended({ 'KP-64': false })).to.equal(CLONE);
    });
  });

  describe(`stops at ${revision}`, () => {
    itAt(revision)('are told in turn, and the events of clones between them', () => {
      const { tracer, trace, regs } = traced(waits);
      expect(tracer.next(trace, POST | CLONE)).to.equal(CLONE);
      expect(tracer.awaited(trace)).to.equal(POST);
      const child = Number(tracer.registers(regs).rax);
      expect(tracer.kernel.contexts.get(child)?.ptraceStop).to.equal(true);
      expect(tracer.next(trace, EXIT)).to.equal(EXIT);
    });

    itAt(revision)('may be none at all: EVENT_CLONE alone stays armed', () => {
      const { tracer, trace } = traced(waits);
      expect(tracer.next(trace, CLONE)).to.equal(CLONE);
    });

    itAt(revision)('are told again when a signal came that did not kill (KP-36)', () => {
      const again = (faults: FaultOverrides) => {
        const { tracer, trace, pid } = traced(spin, O_NONBLOCK, faults);
        tracer.command(trace, PRE);
        tracer.pause();
        expect(tracer.events(trace)).to.have.length(1);
        tracer.kill(pid, abi.SIGCHLD);
        tracer.pause();
        const { result } = tracer.read(trace, 8 * EVENT);
        return result / EVENT;
      };
      expect(again({})).to.equal(1);
      expect(again({ 'KP-36': false })).to.equal(0);
    });

    itAt(revision)('in a signal are repeated without end by another one (KP-69)', () => {
      const { tracer, trace, pid } = traced(spin, O_NONBLOCK);
      tracer.command(trace, SIGNAL);
      tracer.kill(pid, abi.SIGUSR1);
      tracer.pause();
      expect(tracer.events(trace)).to.have.length(1);
      tracer.kill(pid, abi.SIGUSR2);
      tracer.pause(20);
      expect(tracer.events(trace, 100)).to.have.length.greaterThan(2);
      expect(() => tracer.wait(pid)).to.throw(KernelHang, /KP-69/);
    });
  });

  describe(`a frozen tracee at ${revision}`, () => {
    itAt(revision)('stays frozen when its registers are read', () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const child = tracer.child(spin);
      tracer.pause();
      const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
      tracer.registers(tracer.dup(trace, 'regs/int'));
      expect(child.ptraceStop).to.equal(true);
    });

    itAt(revision)('dies of O_EXCL', () => {
      const { tracer, trace, pid } = traced(spin, O_EXCL);
      tracer.close(trace);
      expect(tracer.wait(pid)).to.equal(abi.SIGKILL);
    });
  });

  describe(`the lock of proc: at ${revision}`, () => {
    /** Two tracers, the second of which asks something while the first waits. */
    function two(faults: FaultOverrides) {
      const tracer = new Tracer({ profile: kernelProfile(revision, faults) });
      const sleeper = tracer.child(function* () {
        yield* call(abi.SYS_NANOSLEEP, 0, 0);
        for (;;) yield* call(abi.SYS_YIELD);
      });
      tracer.child(function* (user) {
        const trace = yield* open(user, `proc:${sleeper.pid}/trace`, O_RDWR);
        yield* read(user, trace, EVENT);
        return 0;
      });
      tracer.pause();
      return () => tracer.open(sleeper.pid, 'mem');
    }

    onRoundRobin(
      'is kept by who sleeps in a read, and who wants it hangs the machine (KP-37)',
      () => {
        expect(two({})).to.throw(KernelHang, /spins for the files of proc:/);
        expect(two({ 'KP-37': false })()).to.be.greaterThan(2);
      },
    );
  });
}

const forks: HostedProgram = function* (user) {
  yield* fork(user, calls(getuid));
  return 1;
};

const forksAndSpins: HostedProgram = function* (user, argv) {
  yield* forks(user, argv);
  return yield* spin(user, argv);
};

const waits: HostedProgram = function* (user) {
  return abi.wexitstatus(yield* wait(user, yield* fork(user, calls(getuid))));
};
