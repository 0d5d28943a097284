// The facade on real Linux: statuses and errors as ptrace(2) has them, and one tracer on both.
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import {
  Errno,
  LinuxTracer,
  Machine,
  PTRACE_CONT,
  PTRACE_GETREGS,
  PTRACE_PEEKDATA,
  PTRACE_POKEDATA,
  PTRACE_SYSCALL,
  RecordedStreams,
  SIGKILL,
  WEXITSTATUS,
  WIFEXITED,
  WIFSIGNALED,
  WTERMSIG,
  whyNotLinux,
} from '../../lib/index.js';
import type { PtraceCalls } from '../../lib/ptrace-calls.js';
import { repository, uncounted } from './support.js';

const LIBRARY = new URL('../../lib/index.js', import.meta.url).href;
const CHILD = `${repository}examples/first-light-child.elf`;
/** Linux's own numbers; on Redox a ported program sees Redox's. */
const LINUX = { write: 1n, exit: 60n };

/** First light, by the numbers of either system: writes to stderr become exit(123). */
function firstLight(tracer: PtraceCalls, pid: number, numbers: { write: bigint; exit: bigint }) {
  const statuses: number[] = [];
  const waited = (): number | undefined => {
    const { status } = tracer.waitpid(pid, 0);
    statuses.push(status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : undefined;
  };
  let exit = waited();
  while (exit === undefined) {
    tracer.ptrace(PTRACE_SYSCALL, pid);
    exit = waited();
    if (exit !== undefined) break;
    const regs = tracer.getregs(pid);
    if (regs.orig_rax === numbers.write && regs.rdi === 2n) {
      tracer.setregs(pid, { ...regs, orig_rax: numbers.exit, rdi: 123n });
    }
    tracer.ptrace(PTRACE_SYSCALL, pid);
    exit = waited();
  }
  return { exit, first: statuses[0] };
}

/** The code of the error that a call throws. */
function code(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
  return undefined;
}

describe('the facade on Linux', () => {
  let tracer: LinuxTracer;

  before(function () {
    const why = whyNotLinux();
    if (why === undefined) return;
    console.log(`      skipped: ${why}`);
    this.skip();
  });
  beforeEach(() => {
    tracer = new LinuxTracer({ output: 'ignore' });
  });
  afterEach(() => tracer.close());

  it('runs the tracer that runs on the machine, too', () => {
    const here = firstLight(tracer, tracer.spawn(CHILD), LINUX);
    expect(here).to.deep.equal({ exit: 123, first: 0x137f });
    const machine = new Machine({ host: new RecordedStreams() }).tracer();
    const there = firstLight(machine, machine.spawn(CHILD), {
      write: 0x2100_0004n,
      exit: 1n,
    });
    expect(there).to.deep.equal(here);
  });

  it('reads and writes words of a stopped child', () => {
    const pid = tracer.spawn(CHILD);
    expect(tracer.waitpid(pid).status).to.equal(0x137f);
    const { rsp } = tracer.ptrace(PTRACE_GETREGS, pid);
    const word = 0x1122_3344_5566_7788n;
    tracer.ptrace(PTRACE_POKEDATA, pid, rsp, word);
    expect(tracer.ptrace(PTRACE_PEEKDATA, pid, Number(rsp))).to.equal(word);
    tracer.writeMemory(pid, rsp, Buffer.from('bytes\0'));
    expect(tracer.readString(pid, rsp)).to.equal('bytes');
    expect(tracer.readMemory(pid, rsp, 8)).to.deep.equal(
      Uint8Array.of(0x62, 0x79, 0x74, 0x65, 0x73, 0, 0x22, 0x11),
    );
    expect(code(() => tracer.readMemory(pid, 8, 8))).to.equal('EFAULT');
    expect(code(() => tracer.writeMemory(pid, 8, Buffer.from('x')))).to.equal('EFAULT');
    tracer.kill(pid);
    const { status } = tracer.waitpid(pid);
    expect([WIFSIGNALED(status), WTERMSIG(status)]).to.deep.equal([true, SIGKILL]);
  });

  it('fails with the errors of ptrace(2)', () => {
    expect(code(() => tracer.ptrace(PTRACE_CONT, 1))).to.equal('ESRCH');
    expect(code(() => tracer.waitpid(-1))).to.equal('ECHILD');
    const pid = tracer.spawn(CHILD);
    tracer.waitpid(pid);
    expect(code(() => tracer.ptrace(PTRACE_PEEKDATA, pid, 8))).to.equal('EIO');
    tracer.kill(pid);
    tracer.waitpid(pid);
  });

  it('has no child of a program that cannot be started', () => {
    const missing = 'examples/no-such.elf';
    expect(code(() => tracer.spawn(missing))).to.equal('ENOENT');
    expect(() => tracer.spawn(missing)).to.throw(`execve: ENOENT '${missing}'`);
    expect(() => new Machine().tracer().spawn(missing)).to.throw(`execve: ENOENT '${missing}'`);
    expect(code(() => tracer.spawn(`${repository}examples`))).to.equal('EACCES');
    expect(code(() => tracer.waitpid(-1))).to.equal('ECHILD');
  });

  it('lets a child write to our streams, or nowhere', () => {
    const printed = (options: string): string => {
      const script = `
        import { LinuxTracer } from ${JSON.stringify(LIBRARY)};
        const tracer = new LinuxTracer(${options});
        const pid = tracer.spawn(${JSON.stringify(CHILD)});
        tracer.waitpid(pid);
        tracer.cont(pid);
        tracer.waitpid(pid);
        tracer.close();`;
      const args = ['--input-type=module', '--eval', script];
      return spawnSync(process.execPath, args, { encoding: 'utf8', env: uncounted }).stdout;
    };
    expect(printed('')).to.match(/^Hello, this is a test\n/);
    expect(printed("{ output: 'ignore' }")).to.equal('');
  });

  it('leaves no child behind', () => {
    const other = new LinuxTracer({ output: 'ignore' });
    const pids = [other.spawn(CHILD), other.spawn(CHILD)];
    for (const pid of pids) other.waitpid(pid);
    other.close();
    for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw('ESRCH');
  });
});
