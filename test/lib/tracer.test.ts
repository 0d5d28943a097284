// A tracer driven from outside, and tracees of machine code. The statuses are those of wait(2) as
// relibc a7b354c8 gave them: every ptrace stop looks like a SIGSTOP.
import { expect } from 'chai';
import {
  DeadlockError,
  Errno,
  Machine,
  PTRACE_CONT,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  RecordedStreams,
  SIGCONT,
  SIGKILL,
  SIGTERM,
  SYS_EXIT,
  SYS_WRITE,
  type Tracer,
  WNOHANG,
} from '../../lib/index.js';
import { repository } from './support.js';

const STOPPED = 0x137f;
const KNOWN = 0x1122_3344_5566_7788n;

interface Scene {
  readonly machine: Machine;
  readonly console: RecordedStreams;
  readonly tracer: Tracer;
  readonly pid: number;
}

/** A tracee at the stop that it raised itself. */
function stoppedTracee(): Scene {
  const console = new RecordedStreams();
  const machine = new Machine({ host: console, directory: repository });
  const tracer = machine.tracer();
  const pid = tracer.spawn('test/programs/steps.elf');
  expect(tracer.waitpid(pid)).to.deep.equal({ pid, status: STOPPED });
  return { machine, console, tracer, pid };
}

/** Resumes and waits for the next stop. */
function next({ tracer, pid }: Scene, request: number): number {
  tracer.ptrace(request, pid);
  return tracer.waitpid(pid).status;
}

/** Goes on to the entry of a system call. */
function toCall(scene: Scene, number: number): void {
  for (let i = 0; i < 100; i++) {
    expect(next(scene, PTRACE_SYSCALL)).to.equal(STOPPED);
    const { orig_rax, rcx, rip } = scene.tracer.getregs(scene.pid);
    expect(rcx, 'rcx is rip at a system call').to.equal(rip);
    if (orig_rax === BigInt(number)) return;
  }
  throw new Error('the call was not made');
}

describe('tracer driven from outside', () => {
  it('sees single steps change one register at a time', () => {
    const scene = stoppedTracee();
    const step = () => {
      expect(next(scene, PTRACE_SINGLESTEP)).to.equal(STOPPED);
      return scene.tracer.getregs(scene.pid);
    };
    let before = step();
    for (let i = 0; before.rax !== KNOWN; i++) {
      expect(i).to.be.lessThan(5000);
      before = step();
    }
    const afterMove = step();
    expect(afterMove).to.deep.equal({ ...before, rbx: 1n, rip: before.rip + 5n });
    expect(step()).to.include({ rbx: 2n, rip: afterMove.rip + 3n });
    const afterSubtract = step();
    expect(afterSubtract).to.include({ rbx: 0xffff_ffff_ffff_ffffn, rip: afterMove.rip + 7n });
    expect(afterSubtract.eflags & 0x8d5n, 'CF, PF, AF and SF').to.equal(0x95n);
  });

  it('reads and writes memory across a page boundary', () => {
    const scene = stoppedTracee();
    const { tracer, pid, console } = scene;
    toCall(scene, SYS_WRITE);
    const { rsi } = tracer.getregs(pid);
    const address = Number(rsi);
    expect(address % 4096).to.equal(4092);
    expect(Buffer.from(tracer.readMemory(pid, address, 8)).toString()).to.equal('abcdefgh');
    // its bytes are followed by zeros
    expect(tracer.readString(pid, rsi)).to.equal('abcdefgh');
    expect(tracer.readString(pid, rsi, 6)).to.equal('abcdef');
    expect(() => tracer.readString(pid, 8))
      .to.throw(Errno)
      .that.includes({ code: 'EFAULT' });
    tracer.writeMemory(pid, address + 2, Buffer.from('CDEF'));
    next(scene, PTRACE_CONT);
    expect(console.stdout).to.equal('abCDEFgh');
  });

  it('changes a system call into another, which is executed instead', () => {
    const scene = stoppedTracee();
    toCall(scene, SYS_WRITE);
    const registers = scene.tracer.getregs(scene.pid);
    scene.tracer.setregs(scene.pid, { ...registers, orig_rax: BigInt(SYS_EXIT), rdi: 77n });
    expect(next(scene, PTRACE_SYSCALL)).to.equal(77 << 8);
    expect(scene.console.stdout).to.equal('');
  });

  it('sees the result of a call at its end', () => {
    const scene = stoppedTracee();
    toCall(scene, SYS_WRITE);
    expect(next(scene, PTRACE_SYSCALL)).to.equal(STOPPED);
    expect(scene.tracer.getregs(scene.pid).rax).to.equal(8n);
    expect(scene.console.stdout).to.equal('abcdefgh');
  });

  it('sees the exit of a tracee that it lets go on', () => {
    const scene = stoppedTracee();
    expect(next(scene, PTRACE_CONT)).to.equal(5 << 8);
    expect(() => scene.tracer.waitpid(scene.pid, WNOHANG)).to.throw(Errno, 'ECHILD');
  });

  for (const [name, signal] of [
    ['SIGKILL', SIGKILL],
    ['SIGTERM', SIGTERM],
  ] as const) {
    it(`sees ${name} end a tracee that waits at a system call`, () => {
      const scene = stoppedTracee();
      toCall(scene, SYS_WRITE);
      scene.tracer.kill(scene.pid, signal);
      // until the tracee had its turn to die, its trace file still tells of the stop
      let { status } = scene.tracer.waitpid(scene.pid);
      for (let i = 0; i < 1000 && status === STOPPED; i++) {
        ({ status } = scene.tracer.waitpid(scene.pid));
      }
      expect(status).to.equal(signal);
      expect(scene.console.stdout).to.equal('');
    });
  }

  it('sees SIGKILL end a stopped process only when it continues, as on Redox', () => {
    const { tracer, pid } = stoppedTracee();
    tracer.kill(pid, SIGKILL);
    expect(tracer.waitpid(pid, WNOHANG)).to.deep.equal({ pid: 0, status: 0 });
    tracer.kill(pid, SIGCONT);
    tracer.ptrace(PTRACE_SYSCALL, pid);
    expect(tracer.waitpid(pid).status).to.equal(SIGKILL);
  });

  it('cannot trace a process that did not ask for it', () => {
    const machine = new Machine({ host: new RecordedStreams(), directory: repository });
    const tracer = machine.tracer();
    const pid = tracer.spawn('test/programs/steps.elf', { args: ['untraced'] });
    tracer.waitpid(pid);
    const error = expect(() => tracer.ptrace(PTRACE_CONT, pid)).to.throw(Errno);
    error.that.includes({ code: 'ESRCH', errno: -3, syscall: 'ptrace' });
  });

  it('gets an Errno for a program that cannot be executed', () => {
    const tracer = new Machine({ host: new RecordedStreams(), directory: repository }).tracer();
    const missing = expect(() => tracer.spawn('no-such-program')).to.throw(Errno);
    missing.that.includes({ code: 'ENOENT', syscall: 'execve' });
    const text = expect(() => tracer.spawn('LICENSE')).to.throw(Errno);
    text.that.includes({ code: 'ENOEXEC' });
  });

  it('gets an Errno when it waits for nobody', () => {
    const tracer = new Machine({ host: new RecordedStreams() }).tracer();
    expect(() => tracer.waitpid(-1))
      .to.throw(Errno)
      .that.includes({ code: 'ECHILD' });
  });

  it('gets a DeadlockError that names everyone when a wait can never end', () => {
    const { tracer, pid } = stoppedTracee();
    const error = expect(() => tracer.waitpid(pid)).to.throw(DeadlockError);
    error.that.satisfies(({ waiting, message }: DeadlockError) => {
      // and nobody else: what serves them waits as well, and is not to blame
      expect(waiting.map((entry) => entry.pid)).to.deep.equal([tracer.pid, pid]);
      return /\(steps\.elf\) waits for/.test(message);
    });
    // it is in that call for ever
    expect(() => tracer.kill(pid)).to.throw(DeadlockError);
    expect(() => tracer.step(pid)).to.throw(DeadlockError);
  });

  it('has children that can ask to be traced before they do anything else', () => {
    const host = new RecordedStreams();
    const machine = new Machine({ host, directory: repository });
    const tracer = machine.tracer();
    // it forks a child that asks at once, and says so if it cannot
    tracer.spawn('examples/first-light-hasty.elf');
    try {
      tracer.waitpid(-1);
    } catch (error) {
      expect(error).to.be.instanceOf(DeadlockError);
    }
    expect(host.stderr).to.equal('');
  });

  it('runs the same twice, to the last instruction', () => {
    const run = () => {
      const scene = stoppedTracee();
      toCall(scene, SYS_WRITE);
      next(scene, PTRACE_CONT);
      return scene.machine.statistics;
    };
    expect(run()).to.deep.equal(run());
  });
});
