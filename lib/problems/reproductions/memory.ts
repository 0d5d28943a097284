// Reproductions: the files of proc: but trace, what they let a tracer do, and freezing.
import * as abi from '../../../kernel-sim/abi/index.js';
import { DATA } from '../elf.js';
import type { Lab } from '../lab.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel, library } from '../revisions.js';
import {
  attach,
  calls,
  exit,
  fork,
  getpid,
  getuid,
  handle,
  handlerOf,
  PRE,
  raise,
  spin,
  syscall,
} from '../steps.js';
import { hex } from '../words.js';

const { O_EXCL, O_RDWR, O_TRUNC, SIGCONT, SIGKILL, SIGSTOP, SIGUSR1, WNOHANG, WUNTRACED } = abi;
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

/** Offsets in FloatRegisters and in the image of FXSAVE. */
const TAG_WORD = 4;
const MXCSR = 24;
const ST0_RESERVED = 42;

/** Opens the registers of a process. */
function registersOf(lab: Lab, pid: number): string {
  return opens(lab.open(`proc:${pid}/regs/int`));
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
    id: 'KP-10',
    faulty: [kernel('P1')],
    sound: [kernel('P2'), kernel('P7')],
    run(lab) {
      const { pid } = lab.child(spin);
      lab.pause();
      const float = lab.opened(`proc:${pid}/regs/float`);
      const { result, bytes } = lab.read(float, abi.FloatRegisters.size);
      lab.see('reading the floating-point registers', result);
      if (result === abi.FloatRegisters.size) {
        // a tag word of 16 bits, as the first structure had it
        bytes.set([0xff, 0xff], TAG_WORD);
        lab.write(float, bytes);
        const again = lab.read(float, abi.FloatRegisters.size).bytes;
        const word = again[TAG_WORD] | (again[TAG_WORD + 1] << 8);
        lab.see('a tag word of 0xffff, read back', hex(word));
      } else {
        const bytesOfFirst = new Uint8Array(abi.FloatRegisters.size);
        lab.watch('writing them', () => lab.write(float, bytesOfFirst));
      }
    },
    sights: [
      {
        what: 'reading the floating-point registers',
        expected: ['EBADF', '416', '416'],
      },
      { what: 'writing them', expected: ['kernel panic', '-', '-'] },
      { what: 'a tag word of 0xffff, read back', expected: ['-', '0xff', '0xff'], linux: '0xff' },
    ],
  },
  {
    id: 'KP-11',
    faulty: [kernel('P1'), kernel('P2')],
    sound: [kernel('P2b'), kernel('P7')],
    run(lab) {
      const user = { uid: 1000, gid: 1000 };
      const parent = lab.process('parent', user).context;
      const sibling = lab.child(spin, { ...user, parent });
      lab.tracer = lab.process('looker', { ...user, parent });
      lab.see('registers of a sibling', registersOf(lab, sibling.pid));
      lab.see('of the parent', registersOf(lab, parent.pid));
      lab.see('of a child', registersOf(lab, lab.child(spin, user).pid));
      lab.see(
        'of a process of somebody else',
        registersOf(lab, lab.child(spin, { uid: 1001, gid: 1001 }).pid),
      );
    },
    sights: [
      {
        what: 'registers of a sibling',
        expected: ['opens', 'opens', 'EPERM', 'EPERM'],
        linux: 'opens',
      },
      { what: 'of the parent', expected: ['opens', 'opens', 'EPERM', 'EPERM'], linux: 'opens' },
      { what: 'of a child', expected: ['opens', 'opens', 'opens', 'opens'], linux: 'opens' },
      {
        what: 'of a process of somebody else',
        expected: ['EPERM', 'EPERM', 'EPERM', 'EPERM'],
        linux: 'EPERM',
      },
    ],
  },
  {
    id: 'KP-26',
    faulty: [kernel('P1'), changed('P4', { 'KP-26': true }), kernel('P6')],
    sound: [kernel('P4'), kernel('P7')],
    run(lab) {
      const code = [...syscall(abi.SYS_GETPID), ...exit(0)];
      const { pid, trace, regs } = attach(lab, lab.machineChild(code).pid);
      lab.resume(trace, 'entry');
      lab.see('cs', hex(lab.registers(regs).cs));
      lab.setRegisters(regs, { cs: 0x08n });
      lab.see('cs, after 8 was written', hex(lab.registers(regs).cs));
      lab.watch('the tracee goes on', () => {
        lab.resume(trace, 'continue');
        lab.pause();
        return lab.wait(pid, WNOHANG);
      });
    },
    sights: [
      { what: 'cs', expected: ['0x23', '0x23', '0x23', '0x23', '0x23'], linux: '0x33' },
      {
        what: 'cs, after 8 was written',
        expected: ['0x8', '0x8', '0x8', '0x23', '0x23'],
        linux: '0x33',
      },
      {
        what: 'the tracee goes on',
        expected: [
          'machine lost',
          'machine lost',
          'machine lost',
          'exited with 0',
          'exited with 0',
        ],
      },
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
    id: 'KP-35',
    faulty: [kernel('P2b')],
    sound: [kernel('P7')],
    run(lab) {
      let before = -1;
      let after = -1;
      const { pid } = lab.child(function* (user) {
        yield* handle(user, SIGUSR1, abi.SIG_IGN);
        before = yield* handlerOf(user, SIGUSR1);
        yield* handle(user, SIGUSR1, abi.SIG_DFL);
        after = yield* handlerOf(user, SIGUSR1);
        yield* raise(SIGUSR1);
        return 0;
      });
      lab.see('the child, which raises SIGUSR1', lab.wait(pid));
      lab.see('its handler, set to SIG_IGN', before);
      lab.see('its handler, set to SIG_DFL', after);
    },
    sights: [
      {
        what: 'the child, which raises SIGUSR1',
        expected: ['killed by SIGUSR1', 'killed by SIGUSR1'],
        linux: 'killed by SIGUSR1',
      },
      { what: 'its handler, set to SIG_IGN', expected: ['1', '1'], linux: '1' },
      { what: 'its handler, set to SIG_DFL', expected: ['0', '0'], linux: '0' },
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

      if (lab.operations) return;
      const other = stoppedChild(lab);
      lab.close(lab.opened(`proc:${other}/trace`, O_RDWR | O_EXCL));
      lab.pause();
      lab.see('closing an O_EXCL trace of another', lab.wait(other, WNOHANG));
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
      { what: 'closing an O_EXCL trace of another', expected: ['-', '0', '0'] },
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
    id: 'KP-62',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [changed('P12', { 'KP-62': false })],
    run(lab) {
      const { pid } = lab.machineChild([0xeb, 0xfe]); // jmp to itself
      lab.pause();
      const float = lab.opened(`proc:${pid}/regs/float`);
      const { bytes } = lab.read(float, abi.FloatRegisters.size);
      bytes.fill(0xff, ST0_RESERVED, ST0_RESERVED + 6);
      lab.see('writing bits 80 to 127 of st0', lab.write(float, bytes));
      const again = lab.read(float, abi.FloatRegisters.size).bytes;
      lab.see('reading them', hex(again[ST0_RESERVED]));
      bytes.fill(0xff, MXCSR, MXCSR + 4);
      lab.see('writing an mxcsr of 0xffffffff', lab.write(float, bytes));
      lab.watch('running the tracee then', () => {
        lab.pause();
        return lab.wait(pid, WNOHANG) === '0' ? 'runs' : 'ends';
      });
    },
    sights: [
      {
        what: 'writing bits 80 to 127 of st0',
        expected: ['416', '416', '416', '416'],
      },
      { what: 'reading them', expected: ['0x0', '0x0', '0x0', '0x0'], linux: '0xff' },
      {
        what: 'writing an mxcsr of 0xffffffff',
        expected: ['416', '416', '416', '416'],
        linux: 'EINVAL',
      },
      {
        what: 'running the tracee then',
        expected: ['kernel panic', 'kernel panic', 'kernel panic', 'runs'],
        linux: 'runs',
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
      lab.kill(pid, SIGCONT); // it runs already
      lab.pause();
      lab.see('after one more SIGCONT', lab.wait(pid, every | WNOHANG));
    },
    sights: [
      {
        what: 'first change',
        expected: ['continued', 'continued', 'continued'],
        linux: 'continued',
      },
      { what: 'second change', expected: ['0', '0', '0'], linux: '0' },
      {
        what: 'after one more SIGCONT',
        expected: ['continued', 'continued', 'continued'],
        linux: '0',
      },
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
