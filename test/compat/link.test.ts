import { expect } from 'chai';
import { libcProfile, linuxLink, linuxSyscallNumber } from '../../compat/index.js';
import type { ImageInfo, Link } from '../../kernel-sim/abi/index.js';
import {
  ENOENT,
  EVENT_READ,
  Event,
  EWOULDBLOCK,
  O_CLOEXEC,
  O_CREAT,
  O_STAT,
  O_TRUNC,
  O_WRONLY,
  SigAction,
  Stat,
  SYS_CLONE,
  SYS_CLOSE,
  SYS_EXIT,
  SYS_FMAP,
  SYS_FSTAT,
  SYS_FUNMAP,
  SYS_FUTEX,
  SYS_GETPID,
  SYS_GETUID,
  SYS_KILL,
  SYS_OPEN,
  SYS_READ,
  SYS_SIGACTION,
  SYS_WAITPID,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import type { Answer, FakeProcess } from './fake-process.js';
import { drive, Exited, fakeProcess, hex, text } from './fake-process.js';

const RAX = 0;
const RSP = 4;
const ARGUMENTS = [7, 6, 2, 10, 8, 9] as const;

const IMAGE: ImageInfo = {
  entry: 0x40_1000,
  programHeaders: 0x40_0040,
  programHeaderCount: 9,
  base: 0,
  interpreterBase: 0,
  path: '/bin/program',
};

/** Calls that never return must not be resumed. */
function endAtExit(answer: Answer): Answer {
  return (call, process) => {
    if (call.number === SYS_EXIT) throw new Exited(Number(call.a));
    // The kernel leaves number and arguments in the registers, as the instruction would.
    for (const [index, value] of [call.a, call.b, call.c, call.d, call.e].entries()) {
      if (value !== undefined) process.registers.setNumber(ARGUMENTS[index] ?? 7, Number(value));
    }
    return answer(call, process);
  };
}

interface Program {
  readonly process: FakeProcess;
  readonly link: Link;
  /** Every system call of Redox, as its number and arguments. */
  readonly calls: (number | bigint | undefined)[][];
  readonly unsupported: string[];
  /** Executes `syscall` and gives rax. */
  syscall(name: string, ...values: number[]): number;
}

function program(answer: Answer = () => 0): Program {
  const process = fakeProcess();
  const calls: (number | bigint | undefined)[][] = [];
  const unsupported: string[] = [];
  const link = linuxLink(libcProfile(), { unsupported: (name) => unsupported.push(name) });
  const logging = endAtExit((call, current) => {
    calls.push(
      [call.number, call.a, call.b, call.c, call.d, call.e].filter((v) => v !== undefined),
    );
    return answer(call, current);
  });
  return {
    process,
    link,
    calls,
    unsupported,
    syscall(name, ...values) {
      const { registers } = process;
      registers.setNumber(RAX, linuxSyscallNumber(name));
      for (const [index, value] of values.entries()) {
        registers.setNumber(ARGUMENTS[index] ?? 7, value);
      }
      drive(process, link.call(process), logging);
      return Number(BigInt.asIntN(64, registers.rax));
    },
  };
}

function put(process: FakeProcess, address: number, value: string): number {
  process.memory.write(address, new TextEncoder().encode(`${value}\0`));
  return address;
}

describe('a linked program', () => {
  it("writes by one call of Redox with the program's own pointer", () => {
    const { syscall, calls } = program(() => 5);
    expect(syscall('write', 1, 0x1000, 5)).to.equal(5);
    expect(calls).to.deep.equal([[SYS_WRITE, 1, 0x1000, 5]]);
  });

  it('gathers the pieces of writev into one write', () => {
    const written: string[] = [];
    const { syscall, process } = program((call, current) => {
      written.push(text(current, call.b, call.c));
      return Number(call.c);
    });
    put(process, 0x1000, 'hello');
    put(process, 0x1100, '\n');
    for (const [place, value] of [0x1000, 5, 0x1100, 1].entries()) {
      process.memory.storeNumber(0x1200 + place * 8, value);
    }
    expect(syscall('writev', 1, 0x1200, 2)).to.equal(6);
    expect(written).to.deep.equal(['hello\n']);
  });

  it('finds its arguments as they were, all 64 bits of them', () => {
    const { process, syscall } = program();
    process.registers.r8 = 0xdead_beef_cafe_f00dn;
    process.registers.r10 = -1n;
    syscall('kill', -5, 15, 0x77);
    const { rdi, rsi, rdx, r10, r8 } = process.registers;
    expect([BigInt.asIntN(64, rdi), rsi, rdx]).to.deep.equal([-5n, 15n, 0x77n]);
    expect([BigInt.asIntN(64, r10), r8]).to.deep.equal([-1n, 0xdead_beef_cafe_f00dn]);
  });

  it("gets Linux's numbers for errors", () => {
    const { syscall } = program(() => -EWOULDBLOCK);
    expect(syscall('read', 0, 0x1000, 1)).to.equal(-11);
  });

  it('is told ENOSYS of a call that relibc has not, once aloud', () => {
    const { syscall, unsupported, calls } = program();
    expect(syscall('bpf')).to.equal(-38);
    expect(syscall('bpf')).to.equal(-38);
    expect(syscall('rseq')).to.equal(-38);
    expect(unsupported).to.deep.equal(['bpf']);
    expect(calls).to.deep.equal([]);
  });

  it('opens with flags of Redox', () => {
    const { syscall, calls, process } = program(() => 3);
    put(process, 0x1000, '/tmp/x');
    expect(syscall('open', 0x1000, 0o1 | 0o100 | 0o1000 | 0o2000000, 0o644)).to.equal(3);
    const flags = (O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | 0o644) >>> 0;
    expect(calls).to.deep.equal([[SYS_OPEN, 0x1000, 6, flags]]);
  });

  it("finds devices where Redox's images have them", () => {
    const opened: string[] = [];
    const { syscall, process } = program((call, current) => {
      opened.push(text(current, call.a, call.b));
      return 3;
    });
    syscall('open', put(process, 0x1000, '/dev/null'), 0);
    syscall('open', put(process, 0x1000, '/dev/urandom'), 0);
    expect(opened).to.deep.equal(['null:', 'rand:']);
  });

  it("sets its one timer by writing it to Redox's file, in nanoseconds", () => {
    const written: number[] = [];
    const { syscall, process } = program((call, { memory }) => {
      if (call.number === SYS_OPEN) {
        expect(text(process, call.a, call.b)).to.equal('itimer:1');
        return 3;
      }
      if (call.number === SYS_READ) memory.write(Number(call.b), new Uint8Array(32));
      if (call.number === SYS_WRITE) {
        for (let i = 0; i < 4; i++) written.push(memory.loadNumber(Number(call.b) + i * 8));
      }
      return call.number === SYS_CLOSE ? 0 : 32;
    });
    const [REAL, PROF] = [0, 2];
    for (const [place, value] of [1, 2, 3, 4].entries()) {
      process.memory.storeNumber(0x1000 + place * 8, value);
      process.memory.storeNumber(0x1100 + place * 8, 77);
    }
    expect(syscall('setitimer', REAL, 0x1000, 0x1100)).to.equal(0);
    expect(written).to.deep.equal([1, 2000, 3, 4000]);
    expect([0, 1, 2, 3].map((i) => process.memory.loadNumber(0x1100 + i * 8))).to.deep.equal([
      0, 0, 0, 0,
    ]);
    written.length = 0;
    expect(syscall('alarm', 5)).to.equal(0);
    expect(written).to.deep.equal([0, 0, 5, 0]);
    expect(syscall('setitimer', PROF, 0x1000, 0)).to.equal(-22);
  });

  it('reads /proc/self/exe as its own path', () => {
    const { process, link, syscall } = program();
    drive(process, link.start(process, IMAGE), () => 0);
    put(process, 0x1000, '/proc/self/exe');
    expect(syscall('readlink', 0x1000, 0x2000, 100)).to.equal(12);
    expect(text(process, 0x2000, 12)).to.equal('/bin/program');
  });

  it('has struct stat in the layout of Linux', () => {
    const { syscall, calls, process } = program((call, current) => {
      if (call.number === SYS_FSTAT) {
        const stat = Stat.encode({ st_mode: 0x81a4, st_size: 1234, st_nlink: 2, st_mtime: 99 });
        current.memory.write(Number(call.b), stat);
      }
      return call.number === SYS_OPEN ? 3 : 0;
    });
    put(process, 0x1000, '/x');
    expect(syscall('stat', 0x1000, 0x2000)).to.equal(0);
    expect(calls.map(([number]) => number)).to.deep.equal([SYS_OPEN, SYS_FSTAT, SYS_CLOSE]);
    expect(calls[0]?.[3]).to.equal((O_STAT | O_CLOEXEC) >>> 0);
    const { memory } = process;
    expect([memory.loadNumber(0x2010), memory.load32(0x2018)]).to.deep.equal([2, 0x81a4]);
    expect([memory.loadNumber(0x2030), memory.loadNumber(0x2058)]).to.deep.equal([1234, 99]);
  });

  it('maps anonymous memory from memory: and unmaps it when nothing of it is left', () => {
    const { syscall, calls } = program((call) => {
      if (call.number === SYS_FMAP) return 0x100_0000_0000;
      return call.number === SYS_OPEN ? 3 : 0;
    });
    expect(syscall('mmap', 0, 0x3000, 3, 0x22, -1, 0)).to.equal(0x100_0000_0000);
    expect(calls.map(([number]) => number)).to.deep.equal([SYS_OPEN, SYS_FMAP, SYS_CLOSE]);
    calls.length = 0;
    expect(syscall('munmap', 0x100_0000_0000, 0x1000)).to.equal(0);
    expect(calls).to.deep.equal([]);
    syscall('munmap', 0x100_0000_1000, 0x2000);
    expect(calls).to.deep.equal([[SYS_FUNMAP, 0x100_0000_0000]]);
  });

  it('installs a handler with the restorer of its C library', () => {
    let action = '';
    const { syscall, calls, process } = program((call, current) => {
      action = hex(current, call.b, SigAction.size);
      return 0;
    });
    for (const [index, value] of [0x40_2000, 0x0400_0000, 0x40_3000, 0x200].entries()) {
      process.memory.storeNumber(0x1000 + index * 8, value);
    }
    expect(syscall('rt_sigaction', 10, 0x1000, 0, 8)).to.equal(0);
    expect(calls[0]?.[0]).to.equal(SYS_SIGACTION);
    expect(calls[0]?.slice(3)).to.deep.equal([0, 0x40_3000]);
    const expected = { sa_handler: 0x40_2000, sa_mask_low: 0x200n, sa_flags: 0x0400_0000 };
    expect(action).to.equal(Buffer.from(SigAction.encode(expected)).toString('hex'));
  });

  it('raises a signal by KILL, whatever its C library calls', () => {
    const { syscall, calls } = program();
    syscall('tkill', 7, 19);
    syscall('tgkill', 7, 7, 19);
    expect(calls).to.deep.equal([
      [SYS_KILL, 7, 19],
      [SYS_KILL, 7, 19],
    ]);
  });

  it('waits with relibc, whose status is an int', () => {
    const { syscall, process } = program((call, current) => {
      if (call.number === SYS_OPEN) return -ENOENT;
      if (call.number !== SYS_WAITPID) return 0;
      current.memory.storeNumber(Number(call.b), 0x7b00);
      return 9;
    });
    process.memory.store64(0x1000, -1n);
    expect(syscall('wait4', 9, 0x1000, 0, 0)).to.equal(9);
    expect(process.memory.load64(0x1000)).to.equal(0xffff_ffff_0000_7b00n);
  });

  it('exits by EXIT alone unless it has threads', () => {
    const { syscall, calls } = program();
    syscall('set_tid_address', 0x1000);
    calls.length = 0;
    expect(() => syscall('exit', 3)).to.throw(Exited, 'exit(3)');
    expect(calls).to.deep.equal([]);
    expect(() => syscall('exit_group', 4)).to.throw(Exited, 'exit(4)');
  });
});

describe('a clone', () => {
  it('of fork form copies the state, and the child resumes with rax 0', () => {
    const { link, process, syscall, calls } = program(() => 8);
    process.registers.fsBase = 0x7000n;
    const child = fakeProcess();
    let childLink: Link = link;
    const original = process.registers.rsp;
    const { registers } = process;
    registers.setNumber(RAX, linuxSyscallNumber('clone'));
    registers.setNumber(7, 0x1200011); // SIGCHLD | CHILD_SETTID | CHILD_CLEARTID
    registers.setNumber(6, 0);
    registers.setNumber(10, 0x1100);
    drive(process, link.call(process), (call) => {
      calls.push([call.number, Number(call.a)]);
      childLink = link.fork(false);
      registers.copyTo(child.registers);
      return 8;
    });
    expect(Number(registers.rax)).to.equal(8);
    expect(calls).to.deep.equal([[SYS_CLONE, 0]]);
    drive(child, childLink.resumeChild(child), (call) => {
      expect(call.number).to.equal(SYS_GETPID);
      return 8;
    });
    expect([child.registers.rax, child.registers.rdi]).to.deep.equal([0n, 0x1200011n]);
    expect([child.registers.fsBase, child.registers.rsp]).to.deep.equal([0x7000n, original]);
    expect(child.memory.load32(0x1100)).to.equal(8);
    expect(syscall('getpid')).to.equal(8);
  });

  it('of thread form starts on its stack with its thread pointer, and wakes who joins it', () => {
    const { link, process } = program();
    const { registers } = process;
    let threadLink: Link = link;
    // VM FS FILES SIGHAND THREAD SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID
    const values = [0x3d0f00, 0x5000, 0x1100, 0x1104, 0x6000];
    registers.setNumber(RAX, linuxSyscallNumber('clone'));
    for (const [index, value] of values.entries())
      registers.setNumber(ARGUMENTS[index] ?? 7, value);
    drive(process, link.call(process), (call) => {
      expect([call.number, call.a, call.b]).to.deep.equal([SYS_CLONE, 0x1001_0f00, 0x5000]);
      threadLink = link.fork(true);
      return 12;
    });
    expect(process.memory.load32(0x1100)).to.equal(12);
    const thread = fakeProcess();
    drive(thread, threadLink.resumeChild(thread), () => 12);
    expect(thread.registers.number(RSP)).to.equal(0x5000);
    expect(thread.registers.fsBase).to.equal(0x6000n);
    thread.memory.store32(0x1104, 12);
    thread.registers.setNumber(RAX, linuxSyscallNumber('exit'));
    thread.registers.setNumber(7, 0);
    const calls: number[] = [];
    const run = () =>
      drive(thread, threadLink.call(thread), (call) => {
        calls.push(call.number);
        if (call.number === SYS_EXIT) throw new Exited(0);
        return 0;
      });
    expect(run).to.throw(Exited);
    expect(calls).to.deep.equal([SYS_FUTEX, SYS_EXIT]);
    expect(thread.memory.load32(0x1104)).to.equal(0);
  });
});

describe('the initial stack', () => {
  const AT_RANDOM = 25;
  const strings = { program: 0x9000, argument: 0x9100, variable: 0x9200 };

  function started() {
    const process = fakeProcess();
    const stack = 0x1_0000 - 8; // Redox does not align it
    const { memory, registers } = process;
    const words = [2, strings.program, strings.argument, 0, strings.variable, 0];
    for (const [index, word] of words.entries()) memory.storeNumber(stack + index * 8, word);
    for (const [name, address] of Object.entries(strings)) put(process, address, name);
    registers.setNumber(RSP, stack);
    registers.setNumber(2, 0x55);
    const link = linuxLink(libcProfile(), { unsupported: () => {} });
    drive(process, link.start(process, IMAGE), (call) => {
      if (call.number === SYS_READ) memory.write(Number(call.b), new Uint8Array(16).fill(0xab));
      return call.number === SYS_GETUID ? 1000 : 0;
    });
    const rsp = registers.number(RSP);
    const vector = new Map<number, number>();
    for (let place = rsp + 48; memory.loadNumber(place) !== 0; place += 16) {
      vector.set(memory.loadNumber(place), memory.loadNumber(place + 8));
    }
    return { process, rsp, vector, stack };
  }

  it('is aligned to 16 bytes below that of Redox, and rdx is 0', () => {
    const { process, rsp, stack } = started();
    expect(rsp % 16).to.equal(0);
    expect(rsp).to.be.lessThan(stack);
    expect(process.registers.rdx).to.equal(0n);
  });

  it('has its own copies of arguments and variables, one behind the other', () => {
    const { process, rsp, stack } = started();
    const words = Array.from({ length: 6 }, (_, i) => process.memory.loadNumber(rsp + i * 8));
    const [, first = 0] = words;
    expect(words).to.deep.equal([2, first, first + 8, 0, first + 17, 0]);
    expect(text(process, first, 26)).to.equal('program\0argument\0variable\0');
    expect(first).to.be.within(rsp, stack);
  });

  it('ends in a vector that tells of the image', () => {
    const { process, vector } = started();
    expect([vector.get(3), vector.get(4), vector.get(5)]).to.deep.equal([0x40_0040, 56, 9]);
    expect([vector.get(6), vector.get(9), vector.get(11)]).to.deep.equal([4096, 0x40_1000, 1000]);
    const random = vector.get(AT_RANDOM) ?? 0;
    expect(hex(process, random, 16)).to.equal('ab'.repeat(16));
    expect(text(process, vector.get(31), 13)).to.equal('/bin/program\0');
    expect(text(process, vector.get(15), 7)).to.equal('x86_64\0');
  });
});

describe('epoll of a linked program', () => {
  it('is a queue of event:, written to for each descriptor and read to wait', () => {
    const asked: string[] = [];
    const { syscall, process } = program((call, { memory }) => {
      asked.push(call.number === SYS_OPEN ? text(process, call.a, call.b) : `${call.number}`);
      if (call.number === SYS_WRITE) asked.push(hex(process, call.b, call.c));
      if (call.number !== SYS_READ) return 9;
      memory.write(Number(call.b), Event.encode({ id: 5, flags: EVENT_READ, data: 0x1234n }));
      return Event.size;
    });
    expect(syscall('epoll_create1', 0)).to.equal(9);
    process.memory.store32(0x1000, 1); // EPOLLIN
    process.memory.store64(0x1004, 0x1234n);
    expect(syscall('epoll_ctl', 9, 1, 5, 0x1000)).to.equal(0);
    expect(syscall('epoll_wait', 9, 0x2000, 4, -1)).to.equal(1);
    expect(hex(process, 0x2000, 12)).to.equal(`01000000${'3412000000000000'}`);
    const subscription = Buffer.from(
      Event.encode({ id: 5, flags: EVENT_READ, data: 0x1234n }),
    ).toString('hex');
    expect(asked).to.deep.equal(['event:', `${SYS_WRITE}`, subscription, `${SYS_READ}`]);
  });
});
