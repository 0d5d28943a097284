// What instructions bring about: traps, faults and their ends, at each revision.
import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type FaultOverrides, kernelProfile } from '../../../kernel-sim/index.js';
import { call, named, open } from '../machine.js';
import { CODE } from './elf.js';
import { BREAKPOINT, EXIT, getpid, IGNORE, INT3, NOP, POST, PRE, SIGNAL, STEP } from './flags.js';
import { ahead, span, traced } from './revisions.js';
import { it, itAt } from './schedules.js';
import { calls, O_NONBLOCK, O_RDWR, O_TRUNC, Tracer } from './tracer.js';

const EXEC = abi.PTRACE_STOP_EXEC;

const UD2 = [0x0f, 0x0b];
/** exit(0) */
const LEAVE = [0x31, 0xff, 0xb8, abi.SYS_EXIT, 0, 0, 0, 0x0f, 0x05];

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
      tracer.pause();
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
      tracer.pause();
      return tracer.events(trace).map(({ cause }) => cause);
    };
    expect(stops({})).to.deep.equal([STEP]);
    expect(stops({ 'KP-04': true })).to.deep.equal([]);
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
