import { expect } from 'chai';
import fc from 'fast-check';
import * as abi from '../../../kernel-sim/abi/index.js';

describe('error numbers', () => {
  it('shift by one against Linux after ELOOP, where EWOULDBLOCK is an error of its own', () => {
    expect([abi.ELOOP, abi.EWOULDBLOCK, abi.ENOMSG]).to.deep.equal([40, 41, 42]);
    expect([abi.EDEADLOCK, abi.ENOTRECOVERABLE]).to.deep.equal([58, 131]);
  });

  it('have names', () => {
    expect(abi.errnoName(abi.ESRCH)).to.equal('ESRCH');
    expect(abi.errnoName(4711)).to.equal('4711');
  });
});

describe('system-call numbers', () => {
  const numbers = [
    { name: 'SYS_OPEN', value: abi.SYS_OPEN, expected: 0x1010_0005 },
    { name: 'SYS_READ', value: abi.SYS_READ, expected: 0x2200_0003 },
    { name: 'SYS_WRITE', value: abi.SYS_WRITE, expected: 0x2100_0004 },
    { name: 'SYS_FMAP', value: abi.SYS_FMAP, expected: 0x2100_005a },
    { name: 'SYS_FPATH', value: abi.SYS_FPATH, expected: 0x2200_03a0 },
    { name: 'SYS_DUP2', value: abi.SYS_DUP2, expected: 0x2010_003f },
    { name: 'SYS_FRENAME', value: abi.SYS_FRENAME, expected: 0x2300_0026 },
    { name: 'SYS_CLONE', value: abi.SYS_CLONE, expected: 120 },
  ];
  for (const { name, value, expected } of numbers) {
    it(`${name} is 0x${expected.toString(16)}`, () => {
      expect(value).to.equal(expected);
    });
  }

  it('have the names of their functions', () => {
    expect(abi.syscallName(abi.SYS_WAITPID)).to.equal('waitpid');
    expect(abi.syscallName(0x999)).to.equal('0x999');
  });
});

describe('wait statuses', () => {
  it('tell exits, signals, stops and continuations apart', () => {
    const statuses = fc.oneof(
      fc.nat(255).map((code) => ({ kind: 'exited', status: abi.exitedStatus(code) })),
      fc.integer({ min: 1, max: 126 }).map((signal) => {
        return { kind: 'signaled', status: abi.signaledStatus(signal) };
      }),
      fc.integer({ min: 1, max: 126 }).map((signal) => {
        return { kind: 'stopped', status: abi.stoppedStatus(signal) };
      }),
      fc.constant({ kind: 'continued', status: abi.CONTINUED_STATUS }),
    );
    fc.assert(
      fc.property(statuses, ({ kind, status }) => {
        expect(abi.wifexited(status)).to.equal(kind === 'exited');
        expect(abi.wifsignaled(status)).to.equal(kind === 'signaled');
        expect(abi.wifstopped(status)).to.equal(kind === 'stopped');
        expect(abi.wifcontinued(status)).to.equal(kind === 'continued');
      }),
    );
  });

  it('encode SIGSTOP as 0x137f', () => {
    expect(abi.stoppedStatus(abi.SIGSTOP)).to.equal(0x137f);
    expect(abi.wstopsig(0x137f)).to.equal(abi.SIGSTOP);
  });

  it('carry the low byte of an exit code', () => {
    expect(abi.wexitstatus(abi.exitedStatus(0x17b))).to.equal(0x7b);
  });
});

describe('ptrace flags', () => {
  it('print as their names', () => {
    const word = abi.PTRACE_STOP_PRE_SYSCALL | abi.PTRACE_FLAG_IGNORE;
    expect(abi.ptraceFlagsName(word)).to.equal('PTRACE_STOP_PRE_SYSCALL | PTRACE_FLAG_IGNORE');
    expect(abi.ptraceFlagsName(0)).to.equal('0x0');
  });
});

describe('words', () => {
  it('hold integers below 2^53 of either sign', () => {
    const view = new DataView(new ArrayBuffer(8));
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        abi.setWord(view, 0, value);
        expect(view.getBigInt64(0, true)).to.equal(BigInt(value));
        expect(abi.getSignedWord(view, 0)).to.equal(value);
      }),
    );
  });

  it('read as unsigned, too', () => {
    const view = new DataView(new ArrayBuffer(8));
    abi.setWord(view, 0, 2 ** 63);
    expect(abi.getWord(view, 0)).to.equal(2 ** 63);
    expect(abi.getSignedWord(view, 0)).to.equal(-(2 ** 63));
  });
});
