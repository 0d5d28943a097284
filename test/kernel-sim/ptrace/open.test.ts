import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, named } from '../machine.js';
import { it } from './schedules.js';
import { calls, O_EXCL, O_NONBLOCK, O_RDWR, O_TRUNC, spin, Tracer } from './tracer.js';

const ALICE = { uid: 1000, gid: 1000 };

describe('opening files of proc:', () => {
  for (const file of ['mem', 'regs/int', 'regs/float', 'trace']) {
    it(`finds ${file}, and FPATH tells its path`, () => {
      const tracer = new Tracer();
      const { pid } = tracer.child(spin);
      const fd = tracer.open(pid, file);
      const at = tracer.user.reserve(64);
      const length = tracer.run(call(abi.SYS_FPATH, fd, at, 64));
      const path = Buffer.from(tracer.user.memory.read(at, length)).toString();
      expect(path).to.equal(`proc:${pid}/${file}`);
    });
  }

  const paths = ['', '/', '3', '3/', 'x/mem', '-3/mem', '3/nothing', '3/regs', '/mem', '3.0/mem'];
  for (const path of paths) {
    it(`refuses the path "${path}" with EINVAL`, () => {
      const tracer = new Tracer();
      tracer.child(spin);
      expect(named(open(tracer, path))).to.equal('EINVAL');
    });
  }

  it('accepts a sign before the pid, as the parser of numbers did', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(spin);
    expect(open(tracer, `+${pid}/mem`)).to.be.greaterThan(2);
  });

  it('is ESRCH for a pid that is not there, and for a zombie', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(calls());
    tracer.pause();
    expect(named(tracer.open(pid, 'mem'))).to.equal('ESRCH');
    expect(named(tracer.open(4711, 'mem'))).to.equal('ESRCH');
  });

  it('finds a mistake in the path before it misses the process', () => {
    expect(named(new Tracer().open(4711, 'nothing'))).to.equal('EINVAL');
  });

  it('does not look at the access mode: what was opened to be read can be written', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(spin);
    tracer.pause();
    const regs = tracer.open(pid, 'regs/int', abi.O_RDONLY);
    expect(tracer.setRegisters(regs, {})).to.equal(abi.IntRegisters.size);
  });
});

describe('who may open files of proc:', () => {
  it('is a user who owns a process below its own', () => {
    const tracer = new Tracer(ALICE);
    expect(tracer.open(tracer.child(spin, ALICE).pid, 'trace')).to.be.greaterThan(2);
  });

  it('is one whose group alone is the same', () => {
    const tracer = new Tracer(ALICE);
    const child = tracer.child(spin, { uid: 7, gid: 1000 });
    expect(tracer.open(child.pid, 'trace')).to.be.greaterThan(2);
  });

  it('is not one who shares neither user nor group: EPERM', () => {
    const tracer = new Tracer(ALICE);
    const child = tracer.child(spin, { uid: 7, gid: 7 });
    expect(named(tracer.open(child.pid, 'mem'))).to.equal('EPERM');
  });

  it('is not a process beside or above, nor the process itself: EPERM', () => {
    const tracer = new Tracer(ALICE);
    const { kernel, driven } = tracer;
    const stranger = kernel.spawn({ program: spin, ...ALICE });
    expect(named(tracer.open(stranger.pid, 'mem'))).to.equal('EPERM');
    expect(named(tracer.open(driven.pid, 'mem'))).to.equal('EPERM');
  });

  it('is an ancestor, however far', () => {
    const tracer = new Tracer(ALICE);
    const child = tracer.child(spin, ALICE);
    const grandchild = tracer.kernel.spawn({ program: spin, parent: child, ...ALICE });
    expect(tracer.open(grandchild.pid, 'mem')).to.be.greaterThan(2);
  });

  for (const root of [
    { uid: 0, gid: 5 },
    { uid: 5, gid: 0 },
  ]) {
    it(`is uid ${root.uid} with gid ${root.gid}, for everybody but itself`, () => {
      const tracer = new Tracer(root);
      const stranger = tracer.kernel.spawn({ program: spin, ...ALICE });
      expect(tracer.open(stranger.pid, 'trace')).to.be.greaterThan(2);
    });
  }
});

describe('a trace file', () => {
  it('is there once: EBUSY, by OPEN and by DUP', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(spin);
    const trace = tracer.open(pid, 'trace');
    expect(named(tracer.open(pid, 'trace'))).to.equal('EBUSY');
    expect(named(tracer.dup(trace, 'trace'))).to.equal('EBUSY');
    expect(tracer.close(trace)).to.equal(0);
    expect(tracer.open(pid, 'trace')).to.be.greaterThan(2);
  });

  it('leads to the other files by DUP, and refuses other names with EINVAL', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(spin);
    tracer.pause();
    const trace = tracer.open(pid, 'trace');
    const regs = tracer.dup(trace, 'regs/int');
    expect(tracer.registers(tracer.dup(regs, 'regs/int')).cs).to.equal(0x23n);
    expect(named(tracer.dup(trace, 'nothing'))).to.equal('EINVAL');
  });

  it('freezes its tracee under O_TRUNC until the first command', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls({ number: abi.SYS_GETPID }));
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC | O_NONBLOCK);
    tracer.pause();
    expect(child.ptraceStop).to.equal(true);
    expect(child.exited).to.equal(false);
    expect(tracer.command(trace, 0)).to.equal(8);
    tracer.pause();
    expect(child.exited).to.equal(true);
  });

  it('freezes nobody without', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls());
    tracer.open(child.pid, 'trace');
    tracer.pause();
    expect(child.exited).to.equal(true);
  });

  it('lets its tracee go when it is closed', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls({ number: abi.SYS_GETPID }));
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_TRUNC);
    expect(tracer.next(trace, abi.PTRACE_STOP_PRE_SYSCALL)).to.equal(1);
    tracer.close(trace);
    expect(abi.wexitstatus(tracer.wait(child.pid))).to.equal(1);
  });

  it('stays open until its last descriptor goes', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(spin);
    const trace = tracer.open(pid, 'trace');
    const copy = tracer.dup(trace, '');
    tracer.close(trace);
    expect(named(tracer.open(pid, 'trace'))).to.equal('EBUSY');
    tracer.close(copy);
    expect(tracer.open(pid, 'trace')).to.be.greaterThan(2);
  });

  it('ends with a tracer that ends', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls({ number: abi.SYS_GETPID }));
    const other = tracer.child(function* (user) {
      const path = `proc:${child.pid}/trace`;
      const at = user.reserve(64);
      user.memory.write(at, Buffer.from(path));
      yield* call(abi.SYS_OPEN, at, path.length, O_RDWR | O_TRUNC);
      return 0;
    });
    child.ptraceStop = true; // until the other one has it
    tracer.wait(other.pid);
    expect(abi.wexitstatus(tracer.wait(child.pid))).to.equal(1);
  });

  it('kills its tracee under O_EXCL', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(spin);
    const trace = tracer.open(pid, 'trace', O_RDWR | O_EXCL);
    expect(tracer.close(trace)).to.equal(0);
    expect(tracer.wait(pid)).to.equal(abi.SIGKILL);
  });

  it('forgets O_EXCL when F_SETFL leaves it out', () => {
    const tracer = new Tracer();
    const child = tracer.child(spin);
    const trace = tracer.open(child.pid, 'trace', O_RDWR | O_EXCL);
    tracer.run(call(abi.SYS_FCNTL, trace, abi.F_SETFL, O_NONBLOCK));
    tracer.close(trace);
    tracer.pause();
    expect(child.exited).to.equal(false);
  });

  it('under O_EXCL closes with ESRCH when the tracee was reaped before', () => {
    const tracer = new Tracer();
    const { pid } = tracer.child(calls());
    const trace = tracer.open(pid, 'trace', O_RDWR | O_EXCL);
    tracer.wait(pid);
    expect(named(tracer.close(trace))).to.equal('ESRCH');
  });

  it('never kills a tracee that O_TRUNC froze and no command released (KP-45)', () => {
    const tracer = new Tracer();
    const child = tracer.child(spin);
    tracer.close(tracer.open(child.pid, 'trace', O_RDWR | O_EXCL | O_TRUNC));
    tracer.pause();
    expect([child.exited, child.pending]).to.deep.equal([false, [abi.SIGKILL]]);
  });
});

describe('what files of proc: do not do', () => {
  const cases = [
    { what: 'FSTAT', number: abi.SYS_FSTAT, size: abi.Stat.size, errno: 'EBADF' },
    { what: 'FSYNC', number: abi.SYS_FSYNC, size: 0, errno: 'EBADF' },
    { what: 'FTRUNCATE', number: abi.SYS_FTRUNCATE, size: 0, errno: 'EBADF' },
  ];
  for (const { what, number, size, errno } of cases) {
    it(`${what}: ${errno}`, () => {
      const tracer = new Tracer();
      const fd = tracer.open(tracer.child(spin).pid, 'mem');
      const at = tracer.user.reserve(128);
      expect(named(tracer.run(call(number, fd, at, size)))).to.equal(errno);
    });
  }

  it('other commands of FCNTL: EINVAL', () => {
    const tracer = new Tracer();
    const fd = tracer.open(tracer.child(spin).pid, 'trace');
    expect(named(tracer.run(call(abi.SYS_FCNTL, fd, 77)))).to.equal('EINVAL');
  });
});

function open(tracer: Tracer, path: string): number {
  const at = tracer.user.reserve(64);
  tracer.user.memory.write(at, Buffer.from(`proc:${path}`));
  return tracer.run(call(abi.SYS_OPEN, at, path.length + 5, O_RDWR));
}
