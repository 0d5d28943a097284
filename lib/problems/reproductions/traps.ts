// Reproductions: int3, faults, clone and exec in machine code.
import * as abi from '../../../kernel-sim/abi/index.js';
import { AHEAD, ahead, EXIT_0, FIRST, INSTALL_LENGTH, install, rip } from '../code.js';
import { CODE } from '../elf.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel } from '../revisions.js';
import {
  attach,
  BREAKPOINT,
  callAt,
  EXIT,
  INT3,
  NOP,
  open,
  POST,
  PRE,
  SIGNAL,
  STEP,
  STOP_EXEC,
  syscall,
} from '../steps.js';
import { hex } from '../words.js';

const { SIGTRAP } = abi;

/** int3 planted over a one-byte instruction, resumed where it stopped. */
const KP_17: Reproduction = {
  id: 'KP-17',
  faulty: [kernel('P7')],
  sound: [kernel('P10')],
  run(lab) {
    const traced = ahead(lab, NOP, NOP, ...EXIT_0);
    const mem = lab.opened(`proc:${traced.pid}/mem`);
    lab.seek(mem, AHEAD + 1);
    lab.write(mem, Uint8Array.of(INT3));
    lab.see('stop', lab.next(traced.trace, BREAKPOINT));
    const { rip: at } = lab.registers(traced.regs);
    lab.note(`int3 at ${hex(AHEAD + 1)}, rip ${hex(at)}`);
    lab.see('rip, where the int3 is at +1', rip(lab, traced));
  },
  sights: [
    { what: 'stop', expected: ['BREAKPOINT', 'BREAKPOINT'], linux: 'stopped by SIGTRAP' },
    { what: 'rip, where the int3 is at +1', expected: ['+2', '+1'], linux: '+2' },
  ],
};

/** int3 at which the tracer stopped, and a word without IGNORE after it. */
const KP_52: Reproduction = {
  id: 'KP-52',
  faulty: [kernel('P7')],
  sound: [kernel('P10')],
  run(lab) {
    const traced = ahead(lab, INT3, ...EXIT_0);
    lab.see('stop', lab.next(traced.trace, BREAKPOINT));
    lab.command(traced.trace, 0);
    lab.see('the tracee', lab.wait(traced.pid));
  },
  sights: [
    { what: 'stop', expected: ['BREAKPOINT', 'BREAKPOINT'], linux: 'stopped by SIGTRAP' },
    {
      what: 'the tracee',
      expected: ['exited with 0', 'killed by SIGTRAP'],
      linux: 'killed by SIGTRAP',
    },
  ],
};

/** A fork in machine code, both sides of which end with what clone gave them. */
const KP_07: Reproduction = {
  id: 'KP-07',
  faulty: [changed('P1', { 'KP-07': true })],
  sound: [kernel('P1'), kernel('P7')],
  run(lab) {
    // both sides end with what clone gave them
    const code = [...syscall(abi.SYS_CLONE, 0), 0x89, 0xc7, ...syscall(abi.SYS_EXIT)];
    const { pid } = lab.machineChild(code);
    lab.wait(pid);
    const status = Number(lab.wait(0).replace('exited with ', ''));
    lab.see('what clone gives the child', status === 256 - abi.ESRCH ? 'ESRCH' : status);
  },
  sights: [{ what: 'what clone gives the child', expected: ['ESRCH', '0', '0'], linux: '0' }],
};

/** int3 with a handler for SIGTRAP, which exits with 42. */
const KP_16: Reproduction = {
  id: 'KP-16',
  faulty: [kernel('P2'), kernel('P7')],
  sound: [kernel('P12')],
  run(lab) {
    const handler = CODE + INSTALL_LENGTH + 1 + EXIT_0.length;
    const code = [
      ...install(SIGTRAP, handler, handler),
      INT3,
      ...EXIT_0,
      ...syscall(abi.SYS_EXIT, 42),
    ];
    lab.see('int3 with a handler that exits with 42', lab.wait(lab.machineChild(code).pid));
    if (lab.operations) return;
    const { trace } = attach(lab, lab.machineChild(code).pid);
    lab.see('stop for SIGNAL | EXIT', lab.next(trace, SIGNAL | EXIT));
  },
  sights: [
    {
      what: 'int3 with a handler that exits with 42',
      expected: ['killed by SIGTRAP', 'killed by SIGTRAP', 'exited with 42'],
      linux: 'exited with 42',
    },
    {
      what: 'stop for SIGNAL | EXIT',
      expected: ['-', 'EXIT killed by SIGTRAP', 'SIGNAL SIGTRAP'],
      linux: 'stopped by SIGTRAP',
    },
  ],
};

/** A program that replaces itself by one that begins with two NOPs. */
const KP_29: Reproduction = {
  id: 'KP-29',
  faulty: [kernel('P2'), kernel('P7'), kernel('P9')],
  sound: [kernel('P10'), kernel('P12')],
  run(lab) {
    const path = lab.program([NOP, NOP, ...FIRST, ...EXIT_0]);
    const { pid } = lab.child(function* (user) {
      const file = yield* open(user, path, abi.O_RDONLY);
      yield { number: abi.SYS_FEXEC, a: file, b: 0, c: 0, d: 0, e: 0 };
      return 1;
    });
    const traced = attach(lab, pid);
    lab.resume(traced.trace, 'entry');
    if (lab.operations) lab.resume(traced.trace, 'end');
    else lab.events(traced.trace);
    lab.resume(traced.trace, 'entry');
    if (!lab.operations) lab.events(traced.trace);
    lab.see('stopped at the entry of', callAt(lab, traced.regs));
    if (lab.operations) lab.see('next stop', lab.resume(traced.trace, 'step'));
    else lab.see('next stop', lab.next(traced.trace, PRE | POST | STEP | STOP_EXEC));
    if (lab.seen.get('next stop') === 'EXEC' || lab.operations) return;
    const at = Number(lab.registers(traced.regs).rip) - CODE;
    lab.see('where', at === 1 ? 'in the new program, after one step' : 'where it calls the kernel');
  },
  sights: [
    {
      what: 'stopped at the entry of',
      expected: ['fexec', 'fexec', 'fexec', 'fexec', 'fexec'],
      linux: 'execve',
    },
    {
      what: 'next stop',
      expected: ['ESRCH', 'PRE_SYSCALL', 'PRE_SYSCALL', 'EXEC', 'SINGLESTEP'],
      linux: 'stopped by SIGTRAP',
    },
    {
      what: 'where',
      expected: [
        '-',
        'where it calls the kernel',
        'where it calls the kernel',
        '-',
        'in the new program, after one step',
      ],
      linux: 'at the start of the new program',
    },
  ],
};

/** A fault at which the tracer stopped for the exit. */
const KP_30: Reproduction = {
  id: 'KP-30',
  faulty: [kernel('P7'), kernel('P9')],
  sound: [kernel('P12')],
  run(lab) {
    const traced = ahead(lab, 0x8b, 0x04, 0x25, 0, 0, 0, 0); // mov eax, [0]
    lab.see('stop', lab.next(traced.trace, EXIT));
    const { result } = lab.read(traced.regs, abi.IntRegisters.size);
    lab.see('reading its registers', result);
    lab.note(`the load from address 0 is at ${hex(AHEAD)}`);
    if (result === abi.IntRegisters.size) lab.see('rip', rip(lab, traced));
  },
  sights: [
    {
      what: 'stop',
      expected: ['EXIT killed by SIGSEGV', 'EXIT killed by SIGSEGV', 'EXIT killed by SIGSEGV'],
    },
    {
      what: 'reading its registers',
      expected: ['ENOTRECOVERABLE', 'ENOTRECOVERABLE', '168'],
    },
    { what: 'rip', expected: ['-', '-', '+0'], linux: '+0' },
  ],
};

const KP_48: Reproduction = {
  id: 'KP-48',
  faulty: [kernel('P1')],
  sound: [kernel('P2')],
  run(lab) {
    lab.see('int3', lab.wait(lab.machineChild([INT3, ...EXIT_0]).pid));
  },
  sights: [
    {
      what: 'int3',
      expected: ['killed by SIGSEGV', 'killed by SIGTRAP'],
      linux: 'killed by SIGTRAP',
    },
  ],
};

export const TRAPS: readonly Reproduction[] = [KP_17, KP_52, KP_07, KP_16, KP_29, KP_30, KP_48];
