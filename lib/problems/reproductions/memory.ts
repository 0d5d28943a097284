// Reproductions: proc:PID/mem, and what fork does to memory.
import * as abi from '../../../kernel-sim/abi/index.js';
import { DATA } from '../elf.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel, library } from '../revisions.js';
import { fork, opens, spin } from '../steps.js';

const STACK = 0x180_0000_0000;
const STACK_SIZE = 0x10_0000;
const PAGE_SIZE = 0x1000;

export const MEMORY: readonly Reproduction[] = [
  {
    id: 'KP-03',
    faulty: [kernel('P7')],
    sound: [library('82abb331')],
    run(lab) {
      const { user } = lab.tracer;
      const word = user.reserve(8);
      user.memory.store32(word, 0);
      const pid = lab.run(
        fork(user, function* (child) {
          child.memory.store32(word, 1);
          if (lab.revision.library !== undefined) yield* lab.libcOf(child).ptrace(0);
          yield* spin(child, []);
          return 0;
        }),
      );
      lab.pause(100);
      lab.see('the word that the child set, in the parent', user.memory.load32(word));
      lab.see(
        'a file that says it',
        opens(lab.open(`chan:ptrace-relibc/${pid}/traceme`, abi.O_STAT)),
      );
    },
    sights: [
      { what: 'the word that the child set, in the parent', expected: ['0', '0'], linux: '0' },
      { what: 'a file that says it', expected: ['ENODEV', 'opens'] },
    ],
  },
  {
    id: 'KP-09',
    faulty: [changed('P2', { 'KP-09': true })],
    sound: [kernel('P2'), kernel('P7')],
    run(lab) {
      const mem = lab.opened(`proc:${lab.child(spin).pid}/mem`);
      lab.seek(mem, STACK);
      lab.see('reading 8192 bytes', lab.read(mem, 2 * PAGE_SIZE).result);
    },
    sights: [{ what: 'reading 8192 bytes', expected: ['4096', '8192', '8192'], linux: '8192' }],
  },
  {
    id: 'KP-28',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [],
    run(lab) {
      const mem = lab.opened(`proc:${lab.child(spin).pid}/mem`);
      lab.seek(mem, STACK);
      const heap = Number(lab.call(abi.SYS_BRK, 0));
      const end = heap + STACK_SIZE + PAGE_SIZE;
      lab.call(abi.SYS_BRK, end);
      lab.see('256 pages that are mapped', lab.call(abi.SYS_READ, mem, heap, STACK_SIZE));
      lab.seek(mem, STACK);
      lab.see('one page more', lab.call(abi.SYS_READ, mem, heap, STACK_SIZE + PAGE_SIZE));
    },
    sights: [
      {
        what: '256 pages that are mapped',
        expected: ['1048576', '1048576', '1048576'],
        linux: '1048576',
      },
      { what: 'one page more', expected: ['EFAULT', 'EFAULT', 'EFAULT'], linux: '1048576' },
    ],
  },
  {
    id: 'KP-68',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [changed('P12', { 'KP-68': false })],
    run(lab) {
      const { pid } = lab.machineChild([0xeb, 0xfe]); // jmp to itself
      const mem = lab.opened(`proc:${pid}/mem`);
      lab.seek(mem, DATA);
      lab.write(mem, Uint8Array.of(0x5a));
      lab.seek(mem, BigInt(DATA) + (1n << 48n));
      const { result, bytes } = lab.read(mem, 1);
      lab.see('read at 2^48 + address', result);
      lab.see('what is read there', bytes[0] === 0x5a ? 'the byte at the address' : 'nothing');
    },
    sights: [
      { what: 'read at 2^48 + address', expected: ['1', '1', '1', 'EFAULT'], linux: 'EIO' },
      {
        what: 'what is read there',
        expected: [
          'the byte at the address',
          'the byte at the address',
          'the byte at the address',
          'nothing',
        ],
        linux: 'nothing',
      },
    ],
  },
];
