// Reproductions: proc:PID/regs, and who may open it.
import * as abi from '../../../kernel-sim/abi/index.js';
import type { Lab } from '../lab.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel } from '../revisions.js';
import { attach, exit, opens, spin, stoppedChild, syscall } from '../steps.js';
import { hex } from '../words.js';

const { SIGCONT, WNOHANG } = abi;

/** Offsets in FloatRegisters and in the image of FXSAVE. */
const TAG_WORD = 4;
const MXCSR = 24;
const ST0_RESERVED = 42;

/** The privilege level that may use ports, in rflags. */
const IOPL_3 = 0x3000n;

/** Opens the registers of a process. */
function registersOf(lab: Lab, pid: number): string {
  return opens(lab.open(`proc:${pid}/regs/int`));
}

export const REGISTERS: readonly Reproduction[] = [
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
      const rflags = lab.registers(regs).rflags | IOPL_3;
      lab.setRegisters(regs, { rflags });
      lab.see('IOPL, after 3 was written', (lab.registers(regs).rflags & IOPL_3) >> 12n);
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
        what: 'IOPL, after 3 was written',
        expected: ['3', '0', '0', '0', '0'],
        linux: '0',
      },
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
    id: 'KP-50',
    faulty: [kernel('P5'), kernel('P7'), kernel('P12')],
    sound: [kernel('P4'), changed('P12', { 'KP-50': false })],
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
];
