import { expect } from 'chai';
import { type LinkObserver, libcProfile, linuxLink } from '../../compat/index.js';
import type { Link } from '../../kernel-sim/abi/index.js';
import { EBADF } from '../../kernel-sim/abi/index.js';
import { drive, fakeProcess } from './fake-process.js';

const RAX = 0;
const CLOSE = 3;
const FORK = 57;
const CLONE = 56;
/** linux/sched.h. */
const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const CLONE_THREAD = 0x1_0000;

/** What a program's observer is told, as `close(9)` and `= -9`. */
function observed() {
  const told: string[] = [];
  const observer: LinkObserver = {
    loaded: ({ path }) => told.push(path),
    entered: (seen) => told.push(`${seen.number}(${BigInt.asUintN(64, seen.word(0))})`),
    returned: ({ number }, result) => told.push(`${number} = ${result}`),
  };
  return { told, link: linuxLink(libcProfile(), { unsupported: () => {}, observer }) };
}

function call(link: Link, number: number, argument: bigint, answer: () => number): void {
  const process = fakeProcess();
  process.registers.setNumber(RAX, number);
  process.registers.rdi = argument;
  drive(process, link.call(process), answer);
}

describe('observer of a linked program', () => {
  it('is told of a call when it is made and when it has returned, by what Linux would say', () => {
    const { told, link } = observed();
    call(link, CLOSE, 0xffff_ffff_0000_0063n, () => -EBADF);
    expect(told).to.deep.equal([`${CLOSE}(${0xffff_ffff_0000_0063n})`, `${CLOSE} = -9`]);
  });

  it('is not told of what the child of a fork does', () => {
    const { told, link } = observed();
    let child: Link | undefined;
    call(link, FORK, 0n, () => {
      child = link.fork(false);
      return 8;
    });
    if (child === undefined) throw new Error('no clone was made');
    call(child, CLOSE, 1n, () => 0);
    expect(told).to.deep.equal([`${FORK}(0)`, `${FORK} = 8`]);
  });

  /** What is told of a child that shares the program's memory, and closes 1. */
  function toldOfClone(flags: number): string[] {
    const { told, link } = observed();
    let child: Link | undefined;
    call(link, CLONE, BigInt(flags), () => {
      child = link.fork(true);
      return 8;
    });
    if (child === undefined) throw new Error('no clone was made');
    told.length = 0;
    call(child, CLOSE, 1n, () => 0);
    return told;
  }

  it('is told of what a thread of the program does', () => {
    expect(toldOfClone(CLONE_VM | CLONE_THREAD)).to.deep.equal([`${CLOSE}(1)`, `${CLOSE} = 0`]);
  });

  it('is not told of a child that has the memory only until it executes', () => {
    expect(toldOfClone(CLONE_VM | CLONE_VFORK)).to.deep.equal([]);
  });
});
