// What every kernel promises whose commands are words of flags, and from when on.
import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import {
  type FaultOverrides,
  KernelHang,
  KernelPanic,
  kernelProfile,
} from '../../../kernel-sim/index.js';
import { call, fork, named, open, wait, write } from '../machine.js';
import { CLONE, EXIT, getpid, getuid, IGNORE, NOP, POST, PRE, SIGNAL, STEP } from './flags.js';
import { ahead, span, traced } from './revisions.js';
import { it, itAt, onRoundRobin } from './schedules.js';
import { calls, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

for (const revision of span('P5')) {
  describe(`words of flags at ${revision}`, () => {
    itAt(revision)('stop before a call and after it', () => {
      const { tracer, trace, regs, pid } = traced(revision, calls(getpid, getuid));
      const rax = () => Number(tracer.registers(regs).rax);
      expect(tracer.next(trace, PRE | POST)).to.equal(PRE);
      expect(rax()).to.equal(abi.SYS_GETPID);
      expect(tracer.next(trace, PRE | POST)).to.equal(POST);
      expect(rax()).to.equal(pid);
      expect(tracer.next(trace, PRE)).to.equal(PRE);
      expect(rax()).to.equal(abi.SYS_GETUID);
    });

    itAt(revision)('stop for every instruction', () => {
      const { tracer, trace, rip } = ahead(revision, [NOP, 0xff, 0xc0, NOP]);
      const seen = [1, 3, 4].map(() => (tracer.next(trace, STEP) === STEP ? rip() : -1));
      expect(seen).to.deep.equal([1, 3, 4]);
    });

    itAt(revision)('make the tracee skip a call', () => {
      const seen: number[] = [];
      const { tracer, trace, regs } = traced(revision, function* () {
        seen.push(yield* call(abi.SYS_WRITE, 1, 0x6666_0000, 100));
        yield getuid;
        return 0;
      });
      tracer.next(trace, PRE);
      tracer.setRegisters(regs, { rax: 77n });
      expect(tracer.next(trace, PRE | IGNORE)).to.equal(PRE);
      expect(seen).to.deep.equal([77]);
    });

    itAt(revision)('stop for every signal, with its handler', () => {
      const { tracer, trace, pid } = traced(revision, spin, O_NONBLOCK);
      tracer.command(trace, SIGNAL);
      tracer.kill(pid, abi.SIGTERM);
      tracer.pause();
      expect(tracer.events(trace)).to.deep.equal([{ cause: SIGNAL, a: abi.SIGTERM, b: 0 }]);
    });

    itAt(revision)('of less than eight bytes are taken for nothing', () => {
      const { tracer, trace } = traced(revision, spin);
      expect(tracer.write(trace, new Uint8Array(7))).to.equal(0);
    });

    itAt(revision)(
      `with bits above the sixteenth are ${revision === 'P5' ? 'taken' : 'EINVAL'}`,
      () => {
        const { tracer, trace } = traced(revision, spin, O_NONBLOCK);
        const result = named(tracer.command(trace, 0x1_0001));
        expect(result).to.equal(revision === 'P5' ? 8 : 'EINVAL');
      },
    );

    itAt(revision)('freeze under O_TRUNC alone', () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const one = tracer.child(spin);
      const other = tracer.child(spin);
      tracer.open(one.pid, 'trace', O_RDWR);
      tracer.open(other.pid, 'trace', O_RDWR | O_TRUNC);
      expect([one.ptraceStop, other.ptraceStop]).to.deep.equal([false, true]);
    });

    itAt(revision)('ignore nothing by IGNORE alone (KP-51)', () => {
      const ignored = (faults: FaultOverrides) => {
        const made = traced(revision, calls(getpid, getuid), O_NONBLOCK, faults);
        const { tracer, trace, regs } = made;
        tracer.command(trace, PRE);
        tracer.pause();
        tracer.setRegisters(regs, { rax: BigInt(abi.SYS_EXIT), rdi: 9n });
        tracer.command(trace, IGNORE);
        return abi.wexitstatus(tracer.wait(made.pid));
      };
      expect(ignored({})).to.equal(9);
      // at P5 every call from there on would be skipped, the last one among them
      if (revision !== 'P5') expect(ignored({ 'KP-51': false })).to.equal(2);
    });

    itAt(revision)('do not bring a stopped process to its end by SIGKILL (KP-44)', () => {
      const killed = (faults: FaultOverrides) => {
        const { tracer, child } = traced(revision, spin, O_NONBLOCK, faults);
        child.ptraceStop = false;
        tracer.kill(child.pid, abi.SIGSTOP);
        tracer.pause();
        tracer.kill(child.pid, abi.SIGKILL);
        tracer.pause();
        return child.exited;
      };
      expect(killed({})).to.equal(false);
      expect(killed({ 'KP-44': false })).to.equal(true);
    });

    itAt(revision)('let a tracee see itself for the last time (KP-50)', () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const self = tracer.child(function* (user) {
        const regs = yield* open(user, `proc:${yield* call(abi.SYS_GETPID)}/regs/int`, O_RDWR);
        const at = user.reserve(256);
        yield* call(abi.SYS_READ, regs, at, 168);
        return 0;
      });
      tracer.pause();
      expect([self.exited, self.ptraceStop]).to.deep.equal([false, true]);
    });

    itAt(revision)(
      'leave cs alone from August 2019 on; before, a tracer took the machine (KP-26)',
      () => {
        const { tracer, trace, regs } = traced(revision, calls(getpid));
        tracer.next(trace, PRE);
        tracer.setRegisters(regs, { cs: 8n });
        tracer.next(trace, POST);
        const go = () => named(tracer.next(trace, PRE));
        if (span('P5', 'P6').includes(revision)) expect(go).to.throw(KernelPanic, /cs \(KP-26\)/);
        else expect(go()).to.equal(PRE);
      },
    );

    itAt(revision)('end with ESRCH, or what was there instead for a while', () => {
      const { tracer, trace, pid } = traced(revision, calls());
      expect(named(tracer.next(trace, SIGNAL))).to.equal(revision === 'P8' ? 'ENODEV' : 'ESRCH');
      tracer.wait(pid);
      expect(named(tracer.command(trace, 0))).to.equal(revision === 'P8' ? 'ENODEV' : 'ESRCH');
    });
  });
}

describe('clones', () => {
  const forks: HostedProgram = function* (user) {
    yield* wait(user, yield* fork(user, calls(getuid)));
    return 1;
  };

  for (const revision of span('P5')) {
    onRoundRobin(
      `are told and held at ${revision}${revision === 'P5' ? ', asked for or not' : ''}`,
      () => {
        const { tracer, trace } = traced(revision, forks);
        const { cause, a } = tracer.told(trace, revision === 'P5' ? POST : POST | CLONE);
        expect(cause).to.equal(CLONE);
        expect(tracer.kernel.contexts.get(a)?.ptraceStop).to.equal(true);
      },
    );

    onRoundRobin(`have no registers at ${revision} (KP-40)`, () => {
      const { tracer, trace } = traced(revision, forks);
      const { a } = tracer.told(trace, POST | CLONE);
      const regs = tracer.open(a, 'regs/int');
      expect(named(tracer.read(regs, 8).result)).to.equal('ENOTRECOVERABLE');
    });

    onRoundRobin(`have registers at ${revision} without KP-40`, () => {
      const { tracer, trace } = traced(revision, forks, 0, { 'KP-40': false });
      const { a } = tracer.told(trace, POST | CLONE);
      expect(tracer.registers(tracer.open(a, 'regs/int')).rax).to.equal(0n);
    });
  }

  for (const revision of ['P5', 'P5b', 'P5c']) {
    itAt(revision)(
      `read by a tracer that never waits ${revision === 'P5c' ? 'go on' : 'stay held'} at ${revision} (KP-66)`,
      () => {
        const { tracer, trace, child } = traced(revision, forks, O_NONBLOCK);
        tracer.command(trace, POST | CLONE);
        tracer.pause(20);
        tracer.events(trace);
        tracer.command(trace, 0);
        tracer.pause(20);
        expect(child.exited).to.equal(revision === 'P5c');
      },
    );
  }
});

describe('a freeze', () => {
  it('is lifted only by a single step at P5 (KP-46)', () => {
    const frozen = (revision: string) => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const child = tracer.child(spin);
      const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | O_NONBLOCK);
      tracer.command(trace, PRE);
      tracer.pause();
      return child.ptraceStop;
    };
    expect(frozen('P5')).to.equal(true);
    expect(frozen('P5b')).to.equal(false);
  });

  for (const revision of span('P5')) {
    const forgotten = span('P5', 'P7m').includes(revision);
    itAt(revision)(
      `is ${forgotten ? 'forgotten' : 'kept'} when registers are read at ${revision} (KP-31)`,
      () => {
        const tracer = new Tracer({ profile: kernelProfile(revision) });
        const child = tracer.child(spin);
        tracer.pause();
        const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
        tracer.registers(tracer.dup(trace, 'regs/int'));
        expect(child.ptraceStop).to.equal(!forgotten);
      },
    );

    itAt(revision)(
      `${forgotten ? 'keeps SIGKILL of O_EXCL back' : 'ends with O_EXCL'} at ${revision} (KP-45)`,
      () => {
        const tracer = new Tracer({ profile: kernelProfile(revision) });
        const child = tracer.child(spin);
        tracer.close(tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | O_EXCL));
        tracer.pause();
        expect(child.exited).to.equal(!forgotten);
      },
    );
  }
});

describe('FEVENT', () => {
  for (const revision of span('P3')) {
    itAt(revision)(`of registers nobody traces at ${revision} (KP-49)`, () => {
      const tracer = new Tracer({ profile: kernelProfile(revision) });
      const regs = tracer.open(tracer.child(spin).pid, 'regs/int');
      const queue = tracer.run(open(tracer.user, 'event:', O_RDWR));
      const event = abi.Event.encode({ id: regs, flags: abi.EVENT_READ });
      const subscribe = () => named(tracer.run(write(tracer.user, queue, event)));
      if (span('P3', 'P7m').includes(revision)) expect(subscribe).to.throw(KernelPanic, /fevent/);
      else if (revision === 'P8' || revision === 'P9') expect(subscribe()).to.equal('ENODEV');
      else expect(subscribe()).to.equal(abi.Event.size);
    });
  }
});

describe('signals at a breakpoint stop', () => {
  for (const revision of span('P5')) {
    itAt(revision)(`act at ${revision} (KP-43)`, () => {
      const ended = (faults: FaultOverrides) => {
        const { tracer, trace, child } = traced(revision, spin, 0, faults);
        tracer.next(trace, PRE);
        tracer.kill(child.pid, abi.SIGTERM);
        tracer.pause(20);
        return child;
      };
      expect(ended({}).exited).to.equal(true);
      const held = ended({ 'KP-43': false });
      expect([held.exited, held.pending]).to.deep.equal([false, [abi.SIGTERM]]);
    });
  }

  it('are SIGKILL at any rate', () => {
    const { tracer, trace, pid } = traced('P9', spin, 0, { 'KP-43': false });
    tracer.next(trace, PRE);
    tracer.kill(pid, abi.SIGKILL);
    expect(tracer.wait(pid)).to.equal(abi.SIGKILL);
  });
});

describe('proc:PID/exe', () => {
  it('names the program to anybody since P10', () => {
    const tracer = new Tracer({ uid: 7, gid: 7, profile: kernelProfile('P10') });
    const stranger = tracer.kernel.spawn({ program: spin, name: 'stranger' });
    const exe = tracer.open(stranger.pid, 'exe');
    expect(Buffer.from(tracer.read(exe, 5).bytes).toString()).to.equal('stran');
    expect(Buffer.from(tracer.read(exe, 50).bytes).toString()).to.equal('ger');
    expect(named(tracer.write(exe, 'x'))).to.equal('EBADF');
  });

  it('is EINVAL before', () => {
    const tracer = new Tracer({ profile: kernelProfile('P9') });
    expect(named(tracer.open(tracer.child(spin).pid, 'exe'))).to.equal('EINVAL');
  });
});

describe('a tracer that is killed while it waits', () => {
  for (const revision of ['P5c', 'P6', 'P7', 'P9']) {
    const hangs = revision !== 'P7';
    onRoundRobin(
      `${hangs ? 'hangs the machine' : 'lets its tracee go'} at ${revision} (KP-27, KP-37)`,
      () => {
        const tracer = new Tracer({ profile: kernelProfile(revision) });
        const tracee = tracer.child(spin);
        const killed = tracer.child(function* (user) {
          const trace = yield* open(user, `proc:${tracee.pid}/trace`, O_RDWR);
          const bytes = Uint8Array.of(EXIT, 0, 0, 0, 0, 0, 0, 0);
          yield* write(user, trace, bytes);
          yield* call(abi.SYS_READ, trace, user.reserve(64), 56);
          return 0;
        });
        tracer.pause();
        const kill = () => {
          tracer.kill(killed.pid, abi.SIGKILL);
          return tracer.wait(killed.pid);
        };
        if (hangs) expect(kill).to.throw(KernelHang, new RegExp(`pid ${killed.pid} .* spins`));
        else expect(kill()).to.equal(abi.SIGKILL);
      },
    );
  }
});
