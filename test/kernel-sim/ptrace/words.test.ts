// What every kernel promises whose commands are words of flags, and from when on.
import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import {
  type FaultOverrides,
  KERNEL_PROFILES,
  KernelHang,
  KernelPanic,
  kernelProfile,
} from '../../../kernel-sim/index.js';
import { call, fork, named, open, wait, write } from '../machine.js';
import { CODE } from './elf.js';
import { it, itAt, onRoundRobin } from './schedules.js';
import { calls, kernelFor, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

const PRE = abi.PTRACE_STOP_PRE_SYSCALL;
const POST = abi.PTRACE_STOP_POST_SYSCALL;
const STEP = abi.PTRACE_STOP_SINGLESTEP;
const SIGNAL = abi.PTRACE_STOP_SIGNAL;
const BREAKPOINT = abi.PTRACE_STOP_BREAKPOINT;
const EXIT = abi.PTRACE_STOP_EXIT;
const EXEC = abi.PTRACE_STOP_EXEC;
const CLONE = abi.PTRACE_EVENT_CLONE;
const IGNORE = abi.PTRACE_FLAG_IGNORE;

const getpid = { number: abi.SYS_GETPID };
const getuid = { number: abi.SYS_GETUID };

const NAMES: readonly string[] = KERNEL_PROFILES.map(({ name }) => name);
/** Revisions from the first to the last, both included. */
const span = (first: string, last = 'P12'): readonly string[] =>
  NAMES.slice(NAMES.indexOf(first), NAMES.indexOf(last) + 1);

/** A tracer with one tracee, frozen before its first call; P5 knew only single steps to thaw it. */
function traced(revision: string, program: HostedProgram, flags = 0, faults: FaultOverrides = {}) {
  const tracer = new Tracer({ profile: kernelFor(revision, { 'KP-46': false, ...faults }) });
  const child = tracer.child(program);
  const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | flags);
  const regs = tracer.dup(trace, 'regs/int');
  return { tracer, child, pid: child.pid, trace, regs };
}

/** A tracee after its first call, with some code ahead of it. */
function ahead(revision: string, code: number[], faults: FaultOverrides = {}) {
  const first = [0xb8, abi.SYS_GETPID, 0, 0, 0, 0x0f, 0x05];
  const profile = kernelFor(revision, { 'KP-46': false, ...faults });
  const tracer = new Tracer({ code: Uint8Array.from([...first, ...code]), profile });
  const child = tracer.machineChild();
  const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
  const regs = tracer.dup(trace, 'regs/int');
  expect(tracer.next(trace, POST)).to.equal(POST);
  const rip = () => Number(tracer.registers(regs).rip) - CODE - first.length;
  return { tracer, child, pid: child.pid, trace, regs, rip };
}

const NOP = 0x90;
const INT3 = 0xcc;
const UD2 = [0x0f, 0x0b];
/** exit(0) */
const LEAVE = [0x31, 0xff, 0xb8, abi.SYS_EXIT, 0, 0, 0, 0x0f, 0x05];

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
      tracer.pause(10);
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

describe('int3', () => {
  for (const revision of span('P6')) {
    const after = span('P6', 'P9').includes(revision);
    itAt(revision)(`stops with rip ${after ? 'behind it' : 'at it'} at ${revision} (KP-17)`, () => {
      const { tracer, trace, rip } = ahead(revision, [NOP, INT3, NOP]);
      expect(tracer.next(trace, BREAKPOINT)).to.equal(BREAKPOINT);
      expect(rip()).to.equal(after ? 2 : 1);
    });
  }

  for (const revision of span('P6', 'P9')) {
    itAt(revision)(`once stopped at is forgotten at ${revision} (KP-52)`, () => {
      const ended = (faults: FaultOverrides) => {
        const { tracer, trace, pid } = ahead(revision, [INT3, ...LEAVE], faults);
        tracer.next(trace, BREAKPOINT);
        tracer.next(trace, 0);
        return tracer.wait(pid);
      };
      expect(ended({})).to.equal(0);
      expect(ended({ 'KP-52': false })).to.equal(abi.SIGTRAP);
    });
  }

  it('is met again and again where rip is at it', () => {
    const { tracer, trace, pid } = ahead('P10', [INT3, ...LEAVE]);
    expect(tracer.next(trace, BREAKPOINT)).to.equal(BREAKPOINT);
    expect(tracer.next(trace, BREAKPOINT)).to.equal(BREAKPOINT);
    tracer.next(trace, 0);
    expect(tracer.wait(pid)).to.equal(abi.SIGTRAP);
  });
});

describe('exits', () => {
  for (const revision of span('P5')) {
    const stops = !span('P5', 'P6').includes(revision);
    itAt(revision)(`${stops ? 'stop with the status' : 'do not stop'} at ${revision}`, () => {
      const { tracer, trace, pid } = traced(revision, calls(getpid));
      if (stops) expect(tracer.told(trace, EXIT)).to.deep.equal({ cause: EXIT, a: 0x100, b: 0 });
      else expect(named(tracer.command(trace, EXIT))).to.equal('ESRCH');
      tracer.next(trace, 0);
      expect(tracer.wait(pid)).to.equal(0x100);
    });
  }
});

describe('faults of programs', () => {
  for (const revision of span('P7')) {
    const last = revision === 'P12';
    itAt(revision)(`${last ? 'show' : 'hide'} their registers at ${revision} (KP-30)`, () => {
      const { tracer, trace, regs } = ahead(revision, UD2);
      expect(tracer.next(trace, EXIT)).to.equal(EXIT);
      const { result } = tracer.read(regs, 8);
      expect(named(result)).to.equal(last ? 8 : 'ENOTRECOVERABLE');
    });

    itAt(revision)(`${last ? 'are signals' : 'end the process'} at ${revision} (KP-16)`, () => {
      const { tracer, trace } = ahead(revision, UD2);
      const event = tracer.told(trace, SIGNAL | EXIT);
      expect([event.cause, event.a]).to.deep.equal([last ? SIGNAL : EXIT, abi.SIGILL]);
    });
  }

  it('can be handled and mended at P12', () => {
    const { tracer, trace, regs, pid, rip } = ahead('P12', [...UD2, ...LEAVE]);
    expect(tracer.next(trace, SIGNAL)).to.equal(SIGNAL);
    expect(rip()).to.equal(0);
    tracer.setRegisters(regs, { rip: tracer.registers(regs).rip + 2n });
    expect(named(tracer.next(trace, SIGNAL | IGNORE))).to.equal('ESRCH');
    expect(tracer.wait(pid)).to.equal(0);
  });
});

describe('the trap flag', () => {
  const cloning = [0xb8, abi.SYS_CLONE, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05, NOP, NOP, ...LEAVE];

  for (const revision of span('P5b')) {
    itAt(revision)(`is handed down to clones at ${revision} (KP-42)`, () => {
      const status = (faults: FaultOverrides) => {
        const { tracer, trace, pid } = ahead(revision, cloning, faults);
        for (let i = 0; i < 3; i++) expect(tracer.next(trace, STEP)).to.equal(STEP);
        const child = [...tracer.kernel.contexts].find(({ ppid }) => ppid === pid);
        tracer.pause(20);
        return child?.status;
      };
      expect(status({})).to.deep.equal({ kind: 'exited', status: abi.SIGTRAP });
      expect(status({ 'KP-42': false })).to.deep.equal({ kind: 'exited', status: 0 });
    });

    itAt(revision)(`that nobody waits for kills at ${revision} (KP-41)`, () => {
      const status = (faults: FaultOverrides) => {
        const code = [0xb8, abi.SYS_GETUID, 0, 0, 0, 0x0f, 0x05, NOP, ...LEAVE];
        const { tracer, trace, pid } = ahead(revision, code, faults);
        tracer.next(trace, STEP | PRE);
        expect(tracer.next(trace, STEP | PRE)).to.equal(PRE);
        expect(tracer.next(trace, POST)).to.equal(POST);
        tracer.close(trace);
        return tracer.wait(pid);
      };
      expect(status({})).to.equal(abi.SIGTRAP);
      expect(status({ 'KP-41': false })).to.equal(0);
    });
  }

  for (const revision of ['P7', 'P9', 'P10', 'P11', 'P12']) {
    it(`set while a process is stopped by SIGSTOP traps after SIGCONT at ${revision}`, () => {
      const { tracer, trace, pid } = ahead(revision, [NOP, NOP, NOP, ...LEAVE]);
      tracer.kill(pid, abi.SIGSTOP);
      tracer.wait(pid, abi.WUNTRACED);
      tracer.run(call(abi.SYS_FCNTL, trace, abi.F_SETFL, O_NONBLOCK));
      tracer.command(trace, STEP);
      tracer.kill(pid, abi.SIGCONT);
      tracer.pause(10);
      expect(tracer.awaited(trace)).to.equal(STEP);
    });
  }

  it('takes every other flag with it by `=` (KP-06)', () => {
    // cmp eax, eax; je +2; ud2; nop
    const code = [0x39, 0xc0, 0x74, 2, ...UD2, NOP];
    const stepped = (faults: FaultOverrides) => {
      const { tracer, trace, rip } = ahead('P7', code, faults);
      tracer.next(trace, STEP);
      tracer.next(trace, STEP);
      return rip();
    };
    expect(stepped({})).to.equal(6);
    expect(stepped({ 'KP-06': true })).to.equal(4);
  });

  it('vanishes when it is set beside the frame that a signal interrupted (KP-04)', () => {
    const stops = (faults: FaultOverrides) => {
      const { tracer, trace, pid } = ahead('P7', [NOP, NOP, NOP, ...LEAVE], faults);
      tracer.kill(pid, abi.SIGSTOP);
      tracer.wait(pid, abi.WUNTRACED);
      tracer.run(call(abi.SYS_FCNTL, trace, abi.F_SETFL, O_NONBLOCK));
      tracer.command(trace, STEP);
      tracer.kill(pid, abi.SIGCONT);
      tracer.pause(10);
      return tracer.events(trace).map(({ cause }) => cause);
    };
    expect(stops({})).to.deep.equal([STEP]);
    expect(stops({ 'KP-04': true })).to.deep.equal([]);
  });
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

describe('exec', () => {
  const stops = (revision: string, word: number) => {
    const tracer = new Tracer({
      profile: kernelProfile(revision),
      code: Uint8Array.from([NOP, NOP, ...LEAVE]),
    });
    const child = tracer.child(function* (user) {
      const fd = yield* open(user, 'file:/bin/code', abi.O_RDONLY);
      yield* call(abi.SYS_FEXEC, fd, 0, 0, 0, 0);
      return 1;
    });
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
    const regs = tracer.dup(trace, 'regs/int');
    do expect(tracer.next(trace, PRE)).to.equal(PRE);
    while (Number(tracer.registers(regs).rax) !== abi.SYS_FEXEC);
    return { cause: tracer.next(trace, word), rip: () => Number(tracer.registers(regs).rip) };
  };

  it('is a stop at P10, in the new program', () => {
    const { cause, rip } = stops('P10', EXEC | EXIT);
    expect(cause).to.equal(EXEC);
    expect(rip()).to.equal(CODE);
  });

  for (const revision of ['P7', 'P9', 'P11', 'P12']) {
    itAt(revision)(`is none at ${revision} (KP-29)`, () => {
      expect(stops(revision, EXEC | EXIT).cause).to.equal(EXIT);
    });
  }

  for (const revision of ['P7', 'P9', 'P10']) {
    itAt(revision)(`is not stepped through at ${revision} (KP-65)`, () => {
      expect(stops(revision, STEP | EXIT).cause).to.equal(EXIT);
    });
  }

  for (const revision of ['P11', 'P12']) {
    itAt(revision)(`is stepped through at ${revision}, to the end of the first instruction`, () => {
      const { cause, rip } = stops(revision, STEP | EXIT);
      expect(cause).to.equal(STEP);
      expect(rip()).to.equal(CODE + 1);
    });
  }
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
        tracer.pause(10);
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
