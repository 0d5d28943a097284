// relibc's revisions on kernels: those that belong together, by relibc's own test of ptrace
// (tests/ptrace.c and its expected output), and pairs that never met (facts, section 7.4).
import { expect } from 'chai';
import {
  PTRACE_CONT,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  WIFEXITED,
} from '../../compat/index.js';
import {
  EINVAL,
  errnoName,
  SYS_GETPID,
  SYS_GETUID,
  SYS_WRITE,
  type SystemCalls,
} from '../../kernel-sim/abi/index.js';
import { DeadlockError, KernelHang } from '../../kernel-sim/index.js';
import { type Program, print, run, sleep, tracedChild } from './on-kernel.js';

const runOn = (library: string, kernel: string, program: Program) =>
  run(program, { library, kernel });

describe("relibc's own test of ptrace", () => {
  const pairs: readonly (readonly [library: string, kernel: string])[] = [
    ['82abb331', 'P2b'],
    ['82abb331', 'P3'],
    ['a1e45941', 'P5c'],
    ['a7b354c8', 'P6'],
    ['a7b354c8', 'P7'],
    ['a7b354c8', 'P8'],
    ['4c148c18', 'P9'],
    ['4c148c18', 'P12'],
    ['c51aec1a', 'P12'],
    ['e90fa3e3', 'P12'],
  ];
  for (const [library, kernel] of pairs) {
    it(`moves four lines to stderr in five rounds with ${library} on ${kernel}`, () => {
      const seen = { waits: 0, entries: 0, changed: 0, ends: 0, status: -1 };
      const output = runOn(library, kernel, function* (libc) {
        const lines = ['one\n', 'two\n', 'three\n', 'four\n'];
        const pid = yield* libc.fork(
          tracedChild(function* (tracee) {
            for (const line of lines) yield* print(tracee, line);
          }),
        );
        yield* libc.wait(pid);
        const next = function* (): SystemCalls<boolean> {
          yield* libc.ptrace(PTRACE_SYSCALL, pid);
          const { status } = yield* libc.wait(pid);
          seen.waits++;
          seen.status = status;
          return !WIFEXITED(status);
        };
        while (yield* next()) {
          seen.entries++;
          const registers = yield* libc.getRegisters(pid);
          if (registers?.orig_rax === BigInt(SYS_WRITE)) {
            seen.changed++;
            yield* libc.setRegisters(pid, { ...registers, rdi: 2n });
          }
          if (!(yield* next())) return;
          seen.ends++;
        }
      });
      expect(output).to.deep.equal({ stdout: '', stderr: 'one\ntwo\nthree\nfour\n' });
      expect(seen).to.deep.equal({ waits: 10, entries: 5, changed: 4, ends: 4, status: 0 });
    });
  }

  it('never gets past its first wait with f389010f on P2: the stop is discarded (KP-02)', () => {
    const attempt = () =>
      runOn('f389010f', 'P2', function* (libc) {
        const pid = yield* libc.fork(tracedChild((tracee) => print(tracee, 'x')));
        yield* libc.wait(pid);
      });
    expect(attempt).to.throw(DeadlockError, /waits for SIGCONT/);
  });

  it('waits for ever at the end with 82abb331 on P2: the exit was told too early (KP-08)', () => {
    const attempt = () =>
      runOn('82abb331', 'P2', function* (libc) {
        const pid = yield* libc.fork(tracedChild((tracee) => tracee.getuid()));
        yield* libc.wait(pid);
        for (let status = 0x7f; !WIFEXITED(status); ) {
          yield* libc.ptrace(PTRACE_SYSCALL, pid);
          ({ status } = yield* libc.wait(pid));
        }
      });
    expect(attempt).to.throw(DeadlockError);
  });
});

describe('pairs that never met', () => {
  /** Where a tracee is after each request: its rax, `-1` for a request that fails, an exit. */
  function rounds(library: string, kernel: string, requests: readonly number[]): string[] {
    const seen: string[] = [];
    runOn(library, kernel, function* (libc) {
      const pid = yield* libc.fork(
        tracedChild(function* (tracee) {
          yield* tracee.getuid();
          yield* tracee.getpid();
        }),
      );
      seen.push(statusText((yield* libc.wait(pid)).status));
      for (const request of requests) {
        if ((yield* libc.ptrace(request, pid)) === -1) {
          seen.push(errnoName(libc.errno));
          continue;
        }
        const { status } = yield* libc.wait(pid);
        const registers = yield* libc.getRegisters(pid);
        const rax = Number(registers?.rax);
        seen.push(status === 0x137f ? `stop at ${rax}` : statusText(status));
      }
      yield* libc.kill(pid, 9);
    });
    return seen;
  }

  const statusText = (status: number): string => `status ${status.toString(16)}`;

  it('one-byte operations on words of bits: nothing is resumed, every wait pretends a stop', () => {
    // the write of one byte returns 0, and only SIGCONT, which each request sends, is felt
    const [first, ...stops] = rounds('82abb331', 'P7', [PTRACE_SYSCALL, PTRACE_SYSCALL]);
    expect(first).to.equal('status 137f');
    for (const stop of stops) expect(stop).to.match(/^stop at /);
  });

  it('words of bits on one-byte operations: CONT is EINVAL, a step waits, SYSEMU is SYSCALL', () => {
    const [, cont] = rounds('a7b354c8', 'P2b', [PTRACE_CONT]);
    expect(cont).to.equal(errnoName(EINVAL));
    // the first SYSCALL (PRE, 1) is taken for CONT, so the tracee is never stopped by it
    const [, first] = rounds('a7b354c8', 'P2b', [PTRACE_SYSCALL]);
    expect(first).to.not.equal(`stop at ${SYS_GETUID}`);
    const [, emulated] = rounds('72c2f59f', 'P2b', [PTRACE_SYSEMU]);
    expect(emulated).to.match(/^stop at /);
    const [, step] = rounds('a7b354c8', 'P2b', [PTRACE_SINGLESTEP]);
    expect(step).to.match(/^stop at /);
  });

  it('a wait by writing on a kernel that waits by reading: the stop is called off', () => {
    const stops = rounds('a7b354c8', 'P9', [PTRACE_SYSCALL, PTRACE_SYSCALL]);
    expect(stops).to.not.include(`stop at ${SYS_GETUID}`);
    expect(stops[0]).to.equal('status 137f');
  });

  it('a wait by reading on a kernel that waits by writing works: the request waits itself', () => {
    const stops = rounds('4c148c18', 'P7', [PTRACE_SYSCALL, PTRACE_SYSCALL, PTRACE_SYSCALL]);
    expect(stops.slice(1)).to.deep.equal([
      `stop at ${SYS_GETUID}`,
      'stop at 0',
      `stop at ${SYS_GETPID}`,
    ]);
  });

  it('a trace file that is not to wait on a kernel that waits by reading: a5e02650 pretends', () => {
    const stops = rounds('a5e02650', 'P12', [PTRACE_SYSCALL]);
    expect(stops[1]).to.match(/^stop at /);
    expect(stops[1]).to.not.equal(`stop at ${SYS_GETUID}`);
  });
});

describe('threads of a tracer', () => {
  it('wait for each other until 2021-11-30, as the table of sessions stays locked (KP-21)', () => {
    const order: string[] = [];
    runOn('4c148c18', 'P12', function* (libc) {
      const quiet = yield* libc.fork(tracedChild((tracee) => sleep(tracee, 100)));
      yield* libc.wait(quiet);
      const thread = yield* libc.startThread(function* (other) {
        yield* other.ptrace(PTRACE_CONT, quiet);
        yield* other.wait(quiet);
        order.push('the wait returns');
        return 0;
      });
      yield* sleep(libc, 2);
      yield* libc.wait(quiet, 1);
      order.push('the other wait returns, though it had WNOHANG');
      yield* libc.joinThread(thread);
    });
    expect(order).to.deep.equal([
      'the wait returns',
      'the other wait returns, though it had WNOHANG',
    ]);
  });

  it('have sessions of their own from then on, and find the file taken (KP-58)', () => {
    let other = '';
    runOn('e90fa3e3', 'P12', function* (libc) {
      const pid = yield* libc.fork(tracedChild((tracee) => tracee.getuid()));
      yield* libc.wait(pid);
      yield* libc.ptrace(PTRACE_SYSCALL, pid);
      const thread = yield* libc.startThread(function* (second) {
        const result = yield* second.ptrace(PTRACE_SYSCALL, pid);
        other = result === -1 ? errnoName(second.errno) : 'works';
        return 0;
      });
      yield* libc.joinThread(thread);
      yield* libc.kill(pid, 9);
    });
    expect(other).to.equal('EBUSY');
  });

  it('still hang while one of them waits, in the kernel: its table is locked, too (KP-37)', () => {
    const attempt = () =>
      runOn('e90fa3e3', 'P12', function* (libc) {
        const quiet = yield* libc.fork(tracedChild((tracee) => sleep(tracee, 100)));
        const thread = yield* libc.startThread(function* (other) {
          yield* other.wait(quiet);
          yield* other.ptrace(PTRACE_CONT, quiet);
          yield* other.wait(quiet);
          return 0;
        });
        yield* sleep(libc, 2);
        yield* libc.ptrace(PTRACE_SYSCALL, quiet);
        yield* libc.joinThread(thread);
      });
    expect(attempt).to.throw(KernelHang, /spins for the files of proc:/);
  });
});
