// Reproductions: single steps, the trap flag, int3, and what is stepped into.
import * as abi from '../../../kernel-sim/abi/index.js';
import { CODE, DATA } from '../elf.js';
import type { Lab } from '../lab.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel } from '../revisions.js';
import {
  attach,
  attachNonBlocking,
  BREAKPOINT,
  callAt,
  EXIT,
  INT3,
  NOP,
  POST,
  PRE,
  SIGNAL,
  STEP,
  STOP_EXEC,
  syscall,
  type Traced,
  word,
} from '../steps.js';
import { hex } from '../words.js';

const { SIGCONT, SIGSTOP, SIGTRAP, SIGUSR1, WNOHANG, WUNTRACED } = abi;

const FIRST = syscall(abi.SYS_GETPID);
/** Where code that follows {@link FIRST} lies. */
const AHEAD = CODE + FIRST.length;
const EXIT_0 = syscall(abi.SYS_EXIT, 0);

/** A tracee of machine code that stopped after its first call; `code` lies ahead of it. */
function ahead(lab: Lab, ...code: number[]): Traced {
  const traced = attach(lab, lab.machineChild([...FIRST, ...code]).pid);
  lab.next(traced.trace, POST);
  return traced;
}

/** How far its RIP is from the code ahead. */
function rip(lab: Lab, { regs }: Traced): string {
  return `+${Number(lab.registers(regs).rip) - AHEAD}`;
}

/** Addresses above are the kernel's. */
const PROGRAMS_END = 0x7fff_ffff_ffffn;
const FLAG_ZF = 0x40n;

/** A step over a system call, whose handler should not be stepped. */
const KP_05: Reproduction = {
  id: 'KP-05',
  faulty: [changed('P7', { 'KP-05': true })],
  sound: [kernel('P1'), kernel('P7')],
  run(lab) {
    const traced = attach(
      lab,
      lab.machineChild([...FIRST, ...syscall(abi.SYS_GETUID), NOP, NOP, ...EXIT_0]).pid,
    );
    for (const to of ['entry', 'end', 'step', 'step'] as const) {
      lab.resume(traced.trace, to);
      if (!lab.operations) lab.events(traced.trace);
    }
    const { rip: at } = lab.registers(traced.regs);
    lab.note(`rip ${hex(at)}; the program’s code begins at ${hex(CODE)}`);
    lab.see('rip after a step over getuid', at > PROGRAMS_END ? 'in the kernel' : rip(lab, traced));
  },
  sights: [
    {
      what: 'rip after a step over getuid',
      expected: ['in the kernel', '+8', '+8'],
    },
  ],
};

/** What a comparison of equal numbers leads to, step by step. */
const KP_06: Reproduction = {
  id: 'KP-06',
  faulty: [changed('P7', { 'KP-06': true })],
  sound: [kernel('P7')],
  run(lab) {
    const code = [
      ...[0xb8, 1, 0, 0, 0], // +0 mov eax, 1
      ...[0x83, 0xf8, 1], // +5 cmp eax, 1
      ...[0x75, EXIT_0.length], // +8 jne +22
      ...EXIT_0, // +10
      ...[0xb8, 0xff, 0xff, 0xff, 0xff], // +22 mov eax, -1: nothing should lead here
      ...[0x8b, 0x00], // +27 mov eax, [rax]
    ];
    const traced = ahead(lab, ...code);
    for (let count = 0; lab.next(traced.trace, STEP) === 'SINGLESTEP'; count++) {
      const { rip: at, rax, rflags } = lab.registers(traced.regs);
      lab.note(`step ${count + 1}: rip ${hex(at)}, rax ${hex(rax)}, rflags ${hex(rflags)}`);
      if (count === 1) lab.see('ZF after the comparison of 1 with 1', rflags & FLAG_ZF ? 1 : 0);
      if (count === 2) lab.see('rip after jne', rip(lab, traced));
      if (count === 3) lab.see('rax one step later', hex(rax));
      if (count > 9) break;
    }
    lab.see('the tracee', lab.wait(traced.pid));
  },
  sights: [
    {
      what: 'ZF after the comparison of 1 with 1',
      expected: ['1', '1'],
      linux: '1',
    },
    { what: 'rip after jne', expected: ['+22', '+10'], linux: '+10' },
    { what: 'rax one step later', expected: ['0xffffffff', '0x1'], linux: '0x1' },
    {
      what: 'the tracee',
      expected: ['killed by SIGSEGV', 'exited with 0'],
      linux: 'exited with 0',
    },
  ],
};

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
    lab.see('rip, where the int3 is at +1', rip(lab, traced));
  },
  sights: [
    { what: 'stop', expected: ['BREAKPOINT', 'BREAKPOINT'], linux: 'stopped by SIGTRAP' },
    { what: 'rip, where the int3 is at +1', expected: ['+2', '+1'], linux: '+2' },
  ],
};

/** A step that another stop came before, and that nobody asks for any more. */
const KP_41: Reproduction = {
  id: 'KP-41',
  faulty: [kernel('P7'), kernel('P12')],
  sound: [],
  run(lab) {
    const traced = ahead(lab, ...syscall(abi.SYS_GETUID), NOP, NOP, ...EXIT_0);
    lab.next(traced.trace, STEP);
    lab.see('stop', lab.next(traced.trace, STEP | PRE));
    lab.see('rflags.TF there', (lab.registers(traced.regs).rflags & 0x100n) === 0n ? 0 : 1);
    lab.see('next stop', lab.next(traced.trace, POST));
    lab.next(traced.trace, POST);
    lab.see('the tracee', lab.wait(traced.pid));
  },
  sights: [
    { what: 'stop', expected: ['PRE_SYSCALL', 'PRE_SYSCALL'] },
    { what: 'rflags.TF there', expected: ['1', '1'] },
    { what: 'next stop', expected: ['POST_SYSCALL', 'POST_SYSCALL'] },
    {
      what: 'the tracee',
      expected: ['killed by SIGTRAP', 'killed by SIGTRAP'],
      linux: 'exited with 0',
    },
  ],
};

/** A fork that is single-stepped. */
const KP_42: Reproduction = {
  id: 'KP-42',
  faulty: [kernel('P7'), kernel('P12')],
  sound: [],
  run(lab) {
    const code = [
      ...syscall(abi.SYS_CLONE, 0), // mov edi, 0 +0; mov eax, abi.SYS_CLONE +5; syscall +10
      ...[0x89, 0xc7], // +12 mov edi, eax
      ...syscall(abi.SYS_EXIT), // the parent's status is the low byte of the child's pid
    ];
    const traced = ahead(lab, ...code);
    lab.next(traced.trace, STEP);
    lab.next(traced.trace, STEP);
    lab.see('rip before the step', rip(lab, traced));
    lab.see('step', lab.next(traced.trace, STEP));
    const child = Number(lab.registers(traced.regs).rax);
    lab.see('the child of the tracee', lab.wait(child));
    lab.next(traced.trace, PRE);
    lab.next(traced.trace, 0);
    lab.see('the tracee', lab.wait(traced.pid) === `exited with ${child & 255}` ? 'lives' : 'died');
  },
  sights: [
    { what: 'rip before the step', expected: ['+10', '+10'] },
    { what: 'step', expected: ['SINGLESTEP', 'SINGLESTEP'], linux: 'stopped by SIGTRAP' },
    {
      what: 'the child of the tracee',
      expected: ['killed by SIGTRAP', 'killed by SIGTRAP'],
      linux: 'exited with 0',
    },
    { what: 'the tracee', expected: ['lives', 'lives'], linux: 'lives' },
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

/** A handler for `signal` at `handler`, made by the program itself; DATA holds the structure. */
function install(signal: number, handler: number, restorer: number): number[] {
  return [
    ...[0x48, 0xc7, 0x04, 0x25, ...word(DATA), ...word(handler)], // mov qword [DATA], handler
    ...[0xbf, ...word(signal)], // mov edi, signal
    ...[0xbe, ...word(DATA)], // mov esi, DATA
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x41, 0xba, ...word(restorer)], // mov r10d, restorer
    ...syscall(abi.SYS_SIGACTION),
  ];
}

const INSTALL_LENGTH = install(0, 0, 0).length;

/** kill(getpid(), signal) */
function killSelf(signal: number): number[] {
  return [
    ...syscall(abi.SYS_GETPID),
    ...[0x89, 0xc7], // mov edi, eax
    ...[0xbe, ...word(signal)], // mov esi, signal
    ...syscall(abi.SYS_KILL),
  ];
}

/** The flag set where it is lost: in the frame that sigreturn replaces. */
const KP_04: Reproduction = {
  id: 'KP-04',
  faulty: [changed('P1', { 'KP-04': true })],
  sound: [kernel('P1')],
  run(lab) {
    const code = [...killSelf(SIGSTOP), NOP, NOP, ...EXIT_0];
    const { pid } = lab.machineChild(code);
    lab.see('the child', lab.wait(pid, WUNTRACED));
    const traced = attachNonBlocking(lab, pid);
    lab.resume(traced.trace, 'step');
    lab.kill(pid, SIGCONT);
    lab.pause();
    const status = lab.wait(pid, WNOHANG);
    lab.see('one step after SIGCONT', status === '0' ? 'stops' : status);
    if (status === '0')
      lab.see(
        'rip behind kill',
        Number(lab.registers(traced.regs).rip) - CODE - killSelf(SIGSTOP).length,
      );
  },
  sights: [
    {
      what: 'the child',
      expected: ['stopped by SIGSTOP', 'stopped by SIGSTOP'],
      linux: 'stopped by SIGSTOP',
    },
    { what: 'one step after SIGCONT', expected: ['exited with 0', 'stops'], linux: 'stops' },
    { what: 'rip behind kill', expected: ['-', '1'] },
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
      const name = Buffer.from(path);
      const at = user.reserve(name.length);
      user.memory.write(at, name);
      const file = yield { number: abi.SYS_OPEN, a: at, b: name.length, c: abi.O_RDONLY };
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

/** kill of oneself, stepped over, with a handler that begins with a NOP and notes that it ran. */
const KP_65: Reproduction = {
  id: 'KP-65',
  faulty: [kernel('P7'), kernel('P9')],
  sound: [kernel('P12')],
  run(lab) {
    const kill = killSelf(SIGUSR1);
    const behind = CODE + INSTALL_LENGTH + kill.length;
    const handler = behind + 2 + EXIT_0.length;
    const note = [0xc6, 0x04, 0x25, ...word(DATA + 0x100), 1]; // mov byte [DATA + 0x100], 1
    const restorer = handler + 1 + note.length + 1;
    const code = [
      ...install(SIGUSR1, handler, restorer),
      ...kill,
      ...[NOP, NOP, ...EXIT_0],
      ...[NOP, ...note, 0xc3],
      ...syscall(abi.SYS_SIGRETURN),
    ];
    const traced = attach(lab, lab.machineChild(code).pid);
    lab.next(traced.trace, PRE); // sigaction
    lab.next(traced.trace, PRE); // getpid
    lab.next(traced.trace, POST);
    for (let i = 0; i < 3; i++) lab.next(traced.trace, STEP);
    lab.see('before', Number(lab.registers(traced.regs).rip) - behind + 2 === 0 ? 'at kill' : '?');
    lab.see('a step over kill', lab.next(traced.trace, STEP));
    const at = Number(lab.registers(traced.regs).rip);
    lab.note(`rip ${hex(at)}; kill ends at ${hex(behind)}, the handler begins at ${hex(handler)}`);
    lab.see('where', at === handler + 1 ? 'in the handler' : `behind kill +${at - behind}`);
    const mem = lab.opened(`proc:${traced.pid}/mem`);
    lab.seek(mem, DATA + 0x100);
    lab.see('the handler has run', lab.read(mem, 1).bytes[0] === 1 ? 'yes' : 'no');
  },
  sights: [
    { what: 'before', expected: ['at kill', 'at kill', 'at kill'] },
    { what: 'a step over kill', expected: ['SINGLESTEP', 'SINGLESTEP', 'SINGLESTEP'] },
    {
      what: 'where',
      expected: ['behind kill +1', 'behind kill +1', 'in the handler'],
      linux: 'in the handler',
    },
    { what: 'the handler has run', expected: ['yes', 'yes', 'no'], linux: 'no' },
  ],
};

export const STEPS: readonly Reproduction[] = [
  KP_04,
  KP_05,
  KP_06,
  KP_07,
  KP_16,
  KP_17,
  KP_29,
  KP_30,
  KP_41,
  KP_42,
  KP_48,
  KP_52,
  KP_65,
];
