// Reproductions: the files of proc: but trace, what they let a tracer do, and freezing.
import * as abi from '../../../kernel-sim/abi/index.js';
import { DATA } from '../elf.js';
import type { Lab } from '../lab.js';
import type { Reproduction } from '../reproduction.js';
import { kernel, library } from '../revisions.js';
import { attach, calls, fork, getpid, getuid, PRE, raise, spin } from '../steps.js';

const { O_EXCL, O_RDWR, O_TRUNC, SIGCONT, SIGKILL, SIGSTOP, WNOHANG, WUNTRACED } = abi;
const STACK = 0x180_0000_0000;
const STACK_SIZE = 0x10_0000;
const PAGE_SIZE = 0x1000;

/** A child that stopped itself, and then would make a call and end. */
function stoppedChild(lab: Lab): number {
  const { pid } = lab.child(function* () {
    yield* raise(SIGSTOP);
    yield getuid;
    return 7;
  });
  lab.wait(pid, WUNTRACED);
  return pid;
}

function opens(result: number | string): string {
  return typeof result === 'number' ? 'opens' : result;
}

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
    id: 'KP-31',
    faulty: [kernel('P5'), kernel('P7')],
    sound: [kernel('P9')],
    run(lab) {
      const pid = stoppedChild(lab);
      const { regs } = attach(lab, pid);
      lab.kill(pid, SIGCONT);
      lab.pause();
      lab.see('after SIGCONT, frozen', lab.wait(pid, WNOHANG));
      lab.registers(regs);
      lab.pause();
      lab.see('after its registers were read', lab.wait(pid, WNOHANG));
    },
    sights: [
      { what: 'after SIGCONT, frozen', expected: ['0', '0', '0'], linux: '0' },
      {
        what: 'after its registers were read',
        expected: ['exited with 7', 'exited with 7', '0'],
        linux: '0',
      },
    ],
  },
  {
    id: 'KP-44',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [],
    run(lab) {
      const pid = stoppedChild(lab);
      lab.kill(pid, SIGKILL);
      lab.pause();
      lab.see('SIGKILL while it is stopped', lab.wait(pid, WNOHANG));
      lab.kill(pid, SIGCONT);
      lab.see('after SIGCONT', lab.wait(pid));
    },
    sights: [
      {
        what: 'SIGKILL while it is stopped',
        expected: ['0', '0', '0'],
        linux: 'killed by SIGKILL',
      },
      {
        what: 'after SIGCONT',
        expected: ['killed by SIGKILL', 'killed by SIGKILL', 'killed by SIGKILL'],
      },
    ],
  },
  {
    id: 'KP-45',
    faulty: [kernel('P5'), kernel('P7')],
    sound: [kernel('P9')],
    run(lab) {
      const { pid } = lab.child(calls(getpid));
      const trace = lab.opened(`proc:${pid}/trace`, O_RDWR | O_TRUNC | O_EXCL);
      lab.see('closing it', lab.close(trace));
      lab.watch('the tracee', () => lab.wait(pid));
    },
    sights: [
      { what: 'closing it', expected: ['0', '0', '0'] },
      {
        what: 'the tracee',
        expected: [
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'killed by SIGKILL',
        ],
        linux: 'killed by SIGKILL',
      },
    ],
  },
  {
    id: 'KP-46',
    faulty: [kernel('P5')],
    sound: [kernel('P5b')],
    run(lab) {
      const { trace, regs } = attach(lab, lab.child(calls(getpid)).pid);
      lab.watch('waiting for its first call', () => lab.command(trace, PRE));
      if (lab.seen.get('waiting for its first call') !== '8') return;
      lab.see('its call', abi.syscallName(Number(lab.registers(regs).rax)));
    },
    sights: [
      {
        what: 'waiting for its first call',
        expected: ['wait for ever: tracer, child', '8'],
        linux: 'stopped by SIGTRAP',
      },
      { what: 'its call', expected: ['-', 'getpid'] },
    ],
  },
  {
    id: 'KP-47',
    faulty: [kernel('P1')],
    sound: [kernel('P2')],
    run(lab) {
      const { pid } = lab.child(spin);
      lab.close(lab.opened(`proc:${pid}/trace`));
      lab.see('tracing it again', opens(lab.open(`proc:${pid}/trace`)));
    },
    sights: [{ what: 'tracing it again', expected: ['EBUSY', 'opens'], linux: 'opens' }],
  },
  {
    id: 'KP-50',
    faulty: [kernel('P5'), kernel('P7'), kernel('P12')],
    sound: [kernel('P4')],
    run(lab) {
      const regs = lab.opened(`proc:${lab.tracer.pid}/regs/int`);
      lab.watch('reading one’s own registers', () => lab.read(regs, 168).result);
    },
    sights: [
      {
        what: 'reading one’s own registers',
        expected: [
          'wait for ever: tracer',
          'wait for ever: tracer',
          'wait for ever: tracer',
          '168',
        ],
        linux: 'ESRCH',
      },
    ],
  },
  {
    id: 'KP-63',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [],
    run(lab) {
      const { pid } = lab.child(function* () {
        yield* raise(SIGSTOP);
        yield* spin(lab.tracer.user, []);
        return 0;
      });
      lab.pause();
      lab.kill(pid, SIGCONT);
      lab.pause();
      const every = WUNTRACED | abi.WCONTINUED;
      lab.see('first change', lab.wait(pid, every));
      lab.see('second change', lab.wait(pid, every | WNOHANG));
    },
    sights: [
      {
        what: 'first change',
        expected: ['continued', 'continued', 'continued'],
        linux: 'continued',
      },
      { what: 'second change', expected: ['0', '0', '0'], linux: '0' },
    ],
  },
  {
    id: 'KP-68',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [],
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
      { what: 'read at 2^48 + address', expected: ['1', '1', '1'], linux: 'EIO' },
      {
        what: 'what is read there',
        expected: ['the byte at the address', 'the byte at the address', 'the byte at the address'],
        linux: 'nothing',
      },
    ],
  },
];
