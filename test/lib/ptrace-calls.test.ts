// The typed forms of ptrace(), as calls with addresses: argument by argument what ptrace(2) says.
import { expect } from 'chai';
import {
  iovec,
  Machine,
  NT_PRSTATUS,
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_GET_SYSCALL_INFO,
  PTRACE_GETEVENTMSG,
  PTRACE_GETFPREGS,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_GETSIGINFO,
  PTRACE_GETSIGMASK,
  PTRACE_INTERRUPT,
  PTRACE_LISTEN,
  PTRACE_PEEKDATA,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSER,
  PTRACE_POKEDATA,
  PTRACE_SEIZE,
  PTRACE_SETFPREGS,
  PTRACE_SETOPTIONS,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
  PTRACE_SETSIGINFO,
  PTRACE_SETSIGMASK,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PtraceCalls,
  RecordedStreams,
  RelibcPanic,
  siginfo_t,
  type Tracer,
  user_fpregs_struct,
  user_regs_struct,
  type Waited,
} from '../../lib/index.js';
import { repository } from './support.js';

/** A process of its own memory; each request is logged, and fills what it is told to. */
class Recorded extends PtraceCalls {
  readonly memory = new Uint8Array(0x4000);
  readonly calls: (number | bigint)[][] = [];
  /** Stored at `data` by a request. */
  fill: Uint8Array = new Uint8Array(0);
  /** What was at `data`. */
  taken: Uint8Array = new Uint8Array(0);
  #next = 0x1000;

  override spawn(): number {
    return 0;
  }
  override request(...call: [number, number, number, number | bigint]): number {
    this.calls.push(call);
    const data = Number(call[3]);
    if (data >= 0x1000) {
      this.taken = this.memory.slice(data, data + 512);
      this.memory.set(this.fill, data);
    }
    return 0;
  }
  override waitpid(): Waited {
    return { pid: 0, status: 0 };
  }
  override kill(): void {}
  override allocate(length: number): number {
    this.#next += length;
    return this.#next - length;
  }
  override withMemory<T>(length: number, use: (address: number) => T): T {
    return use(this.allocate(length));
  }
  override readMemory(_pid: number, address: number | bigint, length: number): Uint8Array {
    return this.readOwn(Number(address), length);
  }

  override writeMemory(_pid: number, address: number | bigint, bytes: Uint8Array): void {
    this.writeOwn(Number(address), bytes);
  }

  override readOwn(address: number, length: number): Uint8Array {
    return this.memory.slice(address, address + length);
  }
  override writeOwn(address: number, bytes: Uint8Array): void {
    this.memory.set(bytes, address);
  }
}

const PID = 7;
const BYTES = Uint8Array.from({ length: 512 }, (_, index) => index & 0xff);
const WORD = 0x0706_0504_0302_0100n;

describe('typed ptrace()', () => {
  let calls = new Recorded();
  beforeEach(() => {
    calls = new Recorded();
    calls.fill = BYTES;
  });

  /** The only call, with an address as `data` or not. */
  function only(): (number | bigint | string)[] {
    expect(calls.calls).to.have.length(1);
    const [request = 0, pid = 0, addr = 0, data = 0] = calls.calls[0] ?? [];
    return [request, pid, addr, Number(data) >= 0x1000 ? 'address' : data];
  }

  for (const [name, request] of [
    ['PEEKTEXT', PTRACE_PEEKTEXT],
    ['PEEKDATA', PTRACE_PEEKDATA],
    ['PEEKUSER', PTRACE_PEEKUSER],
  ] as const) {
    it(`${name} gives the word that the system call stores at data`, () => {
      expect(calls.ptrace(request, PID, 0x40)).to.equal(WORD);
      expect(only()).to.deep.equal([request, PID, 0x40, 'address']);
    });
  }

  it('POKEDATA passes the word itself', () => {
    calls.ptrace(PTRACE_POKEDATA, PID, 0x40, 0xffn);
    expect(only()).to.deep.equal([PTRACE_POKEDATA, PID, 0x40, 0xffn]);
  });

  it('GETREGS, GETFPREGS and GETSIGINFO decode what is stored at data', () => {
    expect(calls.ptrace(PTRACE_GETREGS, PID)).to.deep.equal(user_regs_struct.decode(BYTES));
    expect(calls.ptrace(PTRACE_GETFPREGS, PID)).to.deep.equal(user_fpregs_struct.decode(BYTES));
    expect(calls.ptrace(PTRACE_GETSIGINFO, PID)).to.deep.equal(siginfo_t.decode(BYTES));
    for (const [, pid, addr, data] of calls.calls) {
      expect([pid, addr]).to.deep.equal([PID, 0]);
      expect(data).to.be.at.least(0x1000);
    }
  });

  it('SETREGS, SETFPREGS and SETSIGINFO encode what is taken from data', () => {
    const sets = [
      [user_regs_struct.size, () => calls.setregs(PID, user_regs_struct.decode(BYTES))],
      [
        user_fpregs_struct.size,
        () => calls.ptrace(PTRACE_SETFPREGS, PID, user_fpregs_struct.decode(BYTES)),
      ],
    ] as const;
    for (const [size, run] of sets) {
      run();
      expect(calls.taken.subarray(0, size)).to.deep.equal(BYTES.subarray(0, size));
    }
    calls.ptrace(PTRACE_SETSIGINFO, PID, { ...siginfo_t.decode(new Uint8Array(128)), si_signo: 5 });
    expect(calls.taken[0]).to.equal(5);
    expect(calls.calls.map(([request]) => request)).to.deep.equal([
      PTRACE_SETREGS,
      PTRACE_SETFPREGS,
      PTRACE_SETSIGINFO,
    ]);
  });

  it('GETEVENTMSG and GETSIGMASK give words, the latter says how large a mask is', () => {
    expect(calls.ptrace(PTRACE_GETEVENTMSG, PID)).to.equal(WORD);
    expect(calls.ptrace(PTRACE_GETSIGMASK, PID)).to.equal(WORD);
    calls.ptrace(PTRACE_SETSIGMASK, PID, 0x201n);
    expect(calls.calls.map(([, , addr]) => addr)).to.deep.equal([0, 8, 8]);
    expect([...calls.taken.subarray(0, 8)]).to.deep.equal([1, 2, 0, 0, 0, 0, 0, 0]);
  });

  it('GET_SYSCALL_INFO says in addr how large the structure is', () => {
    expect(calls.ptrace(PTRACE_GET_SYSCALL_INFO, PID).arch).to.equal(0x0706_0504);
    expect(only()).to.deep.equal([PTRACE_GET_SYSCALL_INFO, PID, 88, 'address']);
  });

  it('GETREGSET gives as many bytes as the kernel says in the iovec', () => {
    calls.fill = iovec.encode({ iov_base: 0x1010n, iov_len: 12n });
    expect(calls.ptrace(PTRACE_GETREGSET, PID, NT_PRSTATUS)).to.have.length(12);
    expect(only()).to.deep.equal([PTRACE_GETREGSET, PID, NT_PRSTATUS, 'address']);
    const given = iovec.decode(calls.taken);
    expect(given).to.deep.equal({ iov_base: 0x1010n, iov_len: 4096n });
  });

  it('SETREGSET puts bytes and their number into an iovec', () => {
    calls.fill = new Uint8Array(0);
    calls.ptrace(PTRACE_SETREGSET, PID, NT_PRSTATUS, Uint8Array.of(1, 2, 3));
    const { iov_base, iov_len } = iovec.decode(calls.taken);
    expect(iov_len).to.equal(3n);
    expect([...calls.readOwn(Number(iov_base), 3)]).to.deep.equal([1, 2, 3]);
  });

  it('requests with addresses are passed on as in C', () => {
    calls.ptrace(PTRACE_GETREGS, PID, 0, 0x2000);
    calls.ptrace(PTRACE_PEEKDATA, PID, 0x40, 0x2000);
    calls.ptrace(99);
    expect(calls.calls).to.deep.equal([
      [PTRACE_GETREGS, PID, 0, 0x2000],
      [PTRACE_PEEKDATA, PID, 0x40, 0x2000],
      [99, 0, 0, 0],
    ]);
  });

  it('has a function for each request that resumes, attaches or sets options', () => {
    calls.cont(PID, 10);
    calls.step(PID);
    calls.syscall(PID, 9);
    calls.detach(PID);
    calls.attach(PID);
    calls.seize(PID, 1);
    calls.interrupt(PID);
    calls.listen(PID);
    calls.setoptions(PID, 3);
    expect(calls.calls).to.deep.equal([
      [PTRACE_CONT, PID, 0, 10],
      [PTRACE_SINGLESTEP, PID, 0, 0],
      [PTRACE_SYSCALL, PID, 0, 9],
      [PTRACE_DETACH, PID, 0, 0],
      [PTRACE_ATTACH, PID, 0, 0],
      [PTRACE_SEIZE, PID, 0, 1],
      [PTRACE_INTERRUPT, PID, 0, 0],
      [PTRACE_LISTEN, PID, 0, 0],
      [PTRACE_SETOPTIONS, PID, 0, 3],
    ]);
  });
});

describe('ptrace() of the machine', () => {
  function stoppedTracee(profile?: string): { tracer: Tracer; pid: number } {
    const host = new RecordedStreams();
    const machine = new Machine({ host, directory: repository, ...(profile && { profile }) });
    const tracer = machine.tracer();
    const pid = tracer.spawn('test/programs/steps.elf');
    tracer.waitpid(pid);
    return { tracer, pid };
  }

  it('fills a structure at an address, as in C', () => {
    const { tracer, pid } = stoppedTracee();
    const address = tracer.allocate(user_regs_struct.size);
    expect(tracer.ptrace(PTRACE_GETREGS, pid, 0, address)).to.equal(0);
    const bytes = tracer.readOwn(address, user_regs_struct.size);
    expect(user_regs_struct.decode(bytes)).to.deep.equal(tracer.getregs(pid));
  });

  for (const [profile, revision] of [
    ['relibc-2019-08-04', 'a7b354c8'],
    ['relibc-2021-12-01', 'e90fa3e3'],
  ] as const) {
    it(`says which request ended the tracer, and that relibc ${revision} did it`, () => {
      const { tracer, pid } = stoppedTracee(profile);
      const error = expect(() => tracer.ptrace(PTRACE_PEEKDATA, pid, 0)).to.throw(RelibcPanic);
      error.with.property('message').that.contains(`PTRACE_PEEKDATA (2) in relibc ${revision}`);
      error.with.property('status', 0x100);
      expect(() => tracer.waitpid(pid)).to.throw(RelibcPanic);
    });
  }
});
