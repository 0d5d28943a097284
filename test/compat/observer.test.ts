import { expect } from 'chai';
import { type LinkObserver, libcProfile, linuxLink } from '../../compat/index.js';
import type { Link } from '../../kernel-sim/abi/index.js';
import { EBADF } from '../../kernel-sim/abi/index.js';
import { drive, fakeProcess } from './fake-process.js';

const RAX = 0;
const CLOSE = 3;
const FORK = 57;

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

  it('is told of what a thread of the program does', () => {
    const { told, link } = observed();
    const thread = link.fork(true);
    call(thread, CLOSE, 1n, () => 0);
    expect(told).to.deep.equal([`${CLOSE}(1)`, `${CLOSE} = 0`]);
  });
});
