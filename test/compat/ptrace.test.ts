import { expect } from 'chai';
import {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_GETREGS,
  PTRACE_SETREGS,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
  PTRACE_TRACEME,
  user_regs_struct,
} from '../../compat/index.js';
import type { SystemCall } from '../../kernel-sim/abi/index.js';
import {
  EAGAIN,
  EBUSY,
  ECHILD,
  EEXIST,
  ENODEV,
  ENOENT,
  ESRCH,
  IntRegisters,
  SIGCONT,
  SYS_FUTEX,
  SYS_GETPID,
  SYS_KILL,
  SYS_OPEN,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import type { Answer } from './fake-process.js';
import { Exited, hex, text } from './fake-process.js';
import { opening, TRACEE, tracer } from './tracer.js';

const MARKER = 'chan:ptrace-relibc/7/traceme';

const kill = `${SYS_KILL.toString(16)} 7 ${SIGCONT} `;
const SESSION = [
  `open ${MARKER} 20000000`,
  'close 3',
  `${opening('trace')}1070000`, // RDWR | NONBLOCK | CLOEXEC
  `${opening('mem')}1030000`,
  `${opening('regs/int')}1030000`,
  `${opening('regs/float')}1030000`,
];

describe('PTRACE_TRACEME of 2019-08-04', () => {
  it('creates a marker exclusively and leaves it open', () => {
    const { libc, run, log } = tracer();
    expect(run(libc.ptrace(PTRACE_TRACEME))).to.equal(0);
    expect(log).to.deep.equal([`${SYS_GETPID.toString(16)}   `, `open ${MARKER} 2a000000`]);
  });

  it('fails as the chan: scheme does', () => {
    for (const errno of [EEXIST, ENODEV]) {
      const { libc, run } = tracer((call) => (call.number === SYS_OPEN ? -errno : Number.NaN));
      expect(run(libc.ptrace(PTRACE_TRACEME))).to.equal(-1);
      expect(libc.errno).to.equal(errno);
    }
  });
});

describe('a request of 2019-08-04', () => {
  it('opens its session first, sends SIGCONT, and writes the command word', () => {
    const { libc, run, log } = tracer();
    expect(run(libc.ptrace(PTRACE_CONT, TRACEE))).to.equal(0);
    expect(log).to.deep.equal([...SESSION, kill, 'write 4 0000000000000000']);
  });

  it('keeps the session for the next one', () => {
    const { libc, run, log } = tracer();
    run(libc.ptrace(PTRACE_CONT, TRACEE));
    log.length = 0;
    run(libc.ptrace(PTRACE_CONT, TRACEE));
    expect(log).to.have.length(2);
  });

  const words: readonly (readonly [string, number, string, string])[] = [
    ['CONT', PTRACE_CONT, '0000000000000000', '0000000000000000'],
    ['SINGLESTEP', PTRACE_SINGLESTEP, '0400000000000000', '0400000000000000'],
    ['SYSCALL', PTRACE_SYSCALL, '0100000000000000', '0300000000000000'],
    ['SYSEMU', PTRACE_SYSEMU, '0110000000000000', '0310000000000000'],
    ['SYSEMU_SINGLESTEP', PTRACE_SYSEMU_SINGLESTEP, '0410000000000000', '0410000000000000'],
  ];
  for (const [name, request, first, later] of words) {
    it(`${name} writes ${first} at first and ${later} from then on`, () => {
      const { libc, run, log } = tracer();
      run(libc.ptrace(request, TRACEE));
      expect(log.at(-1)).to.equal(`write 4 ${first}`);
      run(libc.ptrace(request, TRACEE));
      expect(log.at(-1)).to.equal(`write 4 ${later}`);
    });
  }

  it('is still the first after a resume that failed', () => {
    let failing = true;
    const { libc, run, log } = tracer((call) =>
      call.number === SYS_WRITE && failing ? -ESRCH : Number.NaN,
    );
    expect(run(libc.ptrace(PTRACE_SYSCALL, TRACEE))).to.equal(-1);
    expect(libc.errno).to.equal(ESRCH);
    failing = false;
    run(libc.ptrace(PTRACE_SYSCALL, TRACEE));
    expect(log.at(-1)).to.equal('write 4 0100000000000000');
  });

  it('resumes although SIGCONT could not be sent', () => {
    const { libc, run } = tracer((call) => (call.number === SYS_KILL ? -ESRCH : Number.NaN));
    expect(run(libc.ptrace(PTRACE_CONT, TRACEE))).to.equal(0);
  });

  it('answers ESRCH for a process without a marker, whatever the request', () => {
    for (const request of [PTRACE_CONT, PTRACE_ATTACH, 12345]) {
      const { libc, run, log } = tracer((call) =>
        call.number === SYS_OPEN ? -ENOENT : Number.NaN,
      );
      expect(run(libc.ptrace(request, TRACEE))).to.equal(-1);
      expect(libc.errno).to.equal(ESRCH);
      expect(log).to.have.length(1);
    }
  });

  it('closes what it had opened, last first, when a file of the session is refused', () => {
    const { libc, run, log } = tracer((call, process) =>
      call.number === SYS_OPEN && text(process, call.a, call.b).endsWith('regs/int')
        ? -EBUSY
        : Number.NaN,
    );
    expect(run(libc.ptrace(PTRACE_CONT, TRACEE))).to.equal(-1);
    expect(libc.errno).to.equal(EBUSY);
    expect(log.slice(-2)).to.deep.equal(['close 5', 'close 4']);
  });

  it('ends the program when relibc does not implement it', () => {
    const lines: string[] = [];
    const { libc, run } = tracer((call, process) => {
      if (call.number === SYS_WRITE) lines.push(`${call.a}: ${text(process, call.b, call.c)}`);
      return Number.NaN;
    });
    expect(() => run(libc.ptrace(PTRACE_ATTACH, TRACEE))).to.throw(Exited, 'exit(1)');
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(
      /^2: RELIBC PANIC: panicked at 'not yet implemented: PTRACE_ATTACH \(16\) in relibc a7b354c8'/,
    );
  });
});

describe('registers through relibc of 2019-08-04', () => {
  const redox = { rax: 0x2100_0004n, rdi: 2n, r15: 15n, rip: 0x40_1000n, rflags: 0x246n, rsp: 9n };
  const kernelRegisters = IntRegisters.encode({ ...redox, cs: 0x23n, ss: 0x2bn, fs: 0x33n });

  it('are read from regs/int, rax standing for orig_rax as well', () => {
    const { libc, run } = tracer((call, process) => {
      if (call.number !== SYS_READ) return Number.NaN;
      expect([call.a, call.c]).to.deep.equal([6, 168]);
      process.memory.write(Number(call.b), kernelRegisters);
      return 168;
    });
    const registers = run(libc.getRegisters(TRACEE));
    const expected = { rax: 0x2100_0004n, orig_rax: 0x2100_0004n, rdi: 2n, r15: 15n };
    const frame = { rip: 0x40_1000n, eflags: 0x246n, rsp: 9n, cs: 0x23n, ss: 0x2bn, fs: 0x33n };
    expect(registers).to.include({ ...expected, ...frame });
    expect(registers).to.include({ fs_base: 0n, gs_base: 0n, ds: 0n, es: 0n, gs: 0n });
  });

  it('are written to regs/int with rax taken from orig_rax', () => {
    const written: string[] = [];
    const { libc, run } = tracer((call, process) => {
      if (call.number === SYS_WRITE) written.push(`${call.a} ${hex(process, call.b, call.c)}`);
      return Number.NaN;
    });
    const values = Object.fromEntries(
      Object.keys(user_regs_struct.fields).map((name, index) => [name, BigInt(index + 1)]),
    );
    const registers = user_regs_struct.decode(user_regs_struct.encode(values));
    expect(run(libc.setRegisters(TRACEE, registers))).to.equal(0);
    const { r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8 } = registers;
    const { rcx, rdx, rsi, rdi, rip, cs, rsp, ss, fs } = registers;
    const expected = IntRegisters.encode({
      ...{ r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rcx, rdx, rsi, rdi, rip, cs, rsp, ss },
      ...{ fs, rax: registers.orig_rax, rflags: registers.eflags },
    });
    expect(written).to.deep.equal([`6 ${Buffer.from(expected).toString('hex')}`]);
  });

  it('cannot be had of a tracee that is gone', () => {
    const { libc, run } = tracer((call) =>
      call.number === SYS_READ || call.number === SYS_WRITE ? -ESRCH : Number.NaN,
    );
    expect(run(libc.ptrace(PTRACE_GETREGS, TRACEE, 0, 0x1000))).to.equal(-1);
    expect(run(libc.ptrace(PTRACE_SETREGS, TRACEE, 0, 0x1000))).to.equal(-1);
    expect(libc.errno).to.equal(ESRCH);
  });
});

describe('waitpid of 2019-08-04', () => {
  /** Kernel waits answer with these (result, status) in turn. */
  function waiting(...results: (readonly [number, number])[]) {
    const options: number[] = [];
    const left = [...results];
    const answer: Answer = (call, process) => {
      if (call.number !== SYS_WAITPID) return Number.NaN;
      options.push(Number(call.c));
      const [result, status] = left.shift() ?? [-ECHILD, 0];
      process.memory.storeNumber(Number(call.b), status);
      return result;
    };
    return { answer, options };
  }

  it('waits by the trace file, discards one event and pretends SIGSTOP', () => {
    const { answer, options } = waiting([0, 0]);
    const { libc, run, log } = tracer(answer);
    expect(run(libc.wait(TRACEE))).to.deep.equal({ pid: TRACEE, status: 0x137f });
    expect(log.slice(0, 7)).to.deep.equal([...SESSION, 'write 4 0020000000000000']);
    expect(log[7]).to.match(new RegExp(`^${SYS_READ.toString(16)} 4 \\d+ 56$`));
    expect(options).to.deep.equal([3]); // WNOHANG | WUNTRACED
  });

  it('reports an exit that the kernel knows of', () => {
    const { answer } = waiting([TRACEE, 0x7b00]);
    const { libc, run } = tracer((call, process) => {
      if (call.number === SYS_WRITE) return -ESRCH;
      return call.number === SYS_READ ? -EAGAIN : answer(call, process);
    });
    expect(run(libc.wait(TRACEE))).to.deep.equal({ pid: TRACEE, status: 0x7b00 });
  });

  it('asks only the kernel with WNOHANG, which knows nothing of ptrace stops', () => {
    const { answer, options } = waiting([0, 0]);
    const { libc, run, log } = tracer(answer);
    expect(run(libc.wait(TRACEE, 1))).to.deep.equal({ pid: 0, status: 0 });
    expect(log.some((line) => line.startsWith('write'))).to.equal(false);
    expect(options).to.deep.equal([3]);
  });

  it('adds WUNTRACED for an untraced child, reports its stop, and leaves ESRCH in errno', () => {
    const { answer, options } = waiting([TRACEE, 0x137f]);
    const { libc, run } = tracer((call, process) =>
      call.number === SYS_OPEN ? -ENOENT : answer(call, process),
    );
    expect(run(libc.wait(TRACEE))).to.deep.equal({ pid: TRACEE, status: 0x137f });
    expect(options).to.deep.equal([2]);
    expect(libc.errno).to.equal(ESRCH);
  });

  it('takes a pid that ends in 0x7f for a stop and waits again', () => {
    const { answer } = waiting([0x17f, 0], [-ECHILD, 0]);
    const { libc, run } = tracer((call, process) =>
      call.number === SYS_OPEN ? -ENOENT : answer(call, process),
    );
    expect(run(libc.wait(0x17f)).pid).to.equal(-1);
    expect(libc.errno).to.equal(ECHILD);
  });

  it('asks for any child as pid 0, after a look for its marker', () => {
    const { answer } = waiting([9, 0]);
    const { libc, run, log } = tracer((call, process) =>
      call.number === SYS_OPEN ? -ENOENT : answer(call, process),
    );
    expect(run(libc.wait(-1)).pid).to.equal(9);
    expect(log[0]).to.equal('open chan:ptrace-relibc/0/traceme 20000000');
    expect(log[1]).to.match(/^7 0 /);
  });

  it('ends the program for options it does not know', () => {
    const { libc, run } = tracer((call) => (call.number === SYS_OPEN ? -ENOENT : Number.NaN));
    expect(() => run(libc.wait(TRACEE, 0x4000_0000))).to.throw(Exited, 'exit(1)');
  });

  it('wakes nobody while nobody waits for the lock of the sessions', () => {
    const { libc, run, answer } = tracer(waiting([0, 0]).answer);
    run(libc.wait(TRACEE));
    const calls = answer.getCalls().map(({ args: [call] }) => (call as SystemCall).number);
    expect(calls).not.to.include(SYS_FUTEX);
  });
});
