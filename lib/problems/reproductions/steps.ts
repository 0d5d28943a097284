// Reproductions: single steps and the trap flag.
import * as abi from '../../../kernel-sim/abi/index.js';
import {
  AHEAD,
  ahead,
  EXIT_0,
  FIRST,
  FLAG_ZF,
  INSTALL_LENGTH,
  install,
  killSelf,
  PROGRAMS_END,
  rip,
} from '../code.js';
import { CODE, DATA } from '../elf.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel } from '../revisions.js';
import { attach, attachNonBlocking, NOP, POST, PRE, STEP, syscall, word } from '../steps.js';
import { hex } from '../words.js';

const { SIGCONT, SIGSTOP, SIGUSR1, WNOHANG, WUNTRACED } = abi;

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
    const before = lab.registers(traced.regs);
    lab.resume(traced.trace, 'step');
    const { rip: at, rflags } = lab.registers(traced.regs);
    lab.note(`rip ${hex(before.rip)}, rflags ${hex(before.rflags)}: in kill, stopped`);
    lab.note(`rip ${hex(at)}, rflags ${hex(rflags)}: after the command to step`);
    lab.kill(pid, SIGCONT);
    lab.pause();
    const status = lab.wait(pid, WNOHANG);
    lab.see('one step after SIGCONT', status === '0' ? 'stops' : status);
    if (status !== '0') return;
    const there = lab.registers(traced.regs);
    lab.note(`rip ${hex(there.rip)}, rflags ${hex(there.rflags)}: one step after SIGCONT`);
    lab.see('rip behind kill', Number(there.rip) - CODE - killSelf(SIGSTOP).length);
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

/** A branch that is not taken, as 1 is 1, the end, and what nothing should lead to. */
const BRANCH: readonly (readonly [bytes: readonly number[], text: string])[] = [
  [[0xb8, 1, 0, 0, 0], 'mov eax, 1'],
  [[0x83, 0xf8, 1], 'cmp eax, 1'],
  [[0x75, EXIT_0.length], 'jne +22'],
  [EXIT_0.slice(0, 5), 'mov edi, 0'],
  [EXIT_0.slice(5, 10), 'mov eax, SYS_EXIT'],
  [EXIT_0.slice(10), 'syscall'],
  [[0xb8, 0xff, 0xff, 0xff, 0xff], 'mov eax, -1'],
  [[0x8b, 0x00], 'mov eax, [rax]'],
];

/** Where a tracee is in that code, and its registers. */
function described({ rip: at, rax, rflags }: abi.IntRegisters): string {
  let offset = Number(at) - AHEAD;
  const next = BRANCH.find(([bytes]) => {
    offset -= bytes.length;
    return offset < 0;
  });
  return `rip ${hex(at)} (${next?.[1] ?? '?'}), rax ${hex(rax)}, rflags ${hex(rflags)}`;
}

/** What a comparison of equal numbers leads to, step by step. */
const KP_06: Reproduction = {
  id: 'KP-06',
  faulty: [changed('P7', { 'KP-06': true })],
  sound: [kernel('P7')],
  run(lab) {
    const code = BRANCH.flatMap(([bytes]) => bytes);
    const traced = ahead(lab, ...code);
    let last: abi.IntRegisters | undefined;
    for (let step = 1; lab.next(traced.trace, STEP) === 'SINGLESTEP'; step++) {
      const registers = lab.registers(traced.regs);
      lab.note(`step ${step}: ${described(registers)}`);
      if (step === 2) {
        const zero = (registers.rflags & FLAG_ZF) !== 0n;
        lab.see('ZF after the comparison of 1 with 1', zero ? 1 : 0);
      }
      if (step === 3) lab.see('rip after jne', rip(lab, traced));
      if (step === 4) lab.see('rax one step later', hex(registers.rax));
      last = registers;
    }
    const status = lab.wait(traced.pid);
    lab.see('the tracee', status);
    if (status === 'killed by SIGSEGV' && last !== undefined) {
      lab.note(`page fault: the instruction at ${hex(last.rip)} reads from ${hex(last.rax)}`);
    }
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

/** A step that another stop came before, and that nobody asks for any more. */
const KP_41: Reproduction = {
  id: 'KP-41',
  faulty: [kernel('P7'), kernel('P12')],
  sound: [changed('P12', { 'KP-41': false })],
  run(lab) {
    const traced = ahead(lab, ...syscall(abi.SYS_GETUID), NOP, NOP, ...EXIT_0);
    lab.next(traced.trace, STEP);
    lab.see('stop', lab.next(traced.trace, STEP | PRE));
    const { rip: at, rflags } = lab.registers(traced.regs);
    lab.note(`rip ${hex(at)}, rflags ${hex(rflags)} at the entry of getuid`);
    lab.see('rflags.TF there', (lab.registers(traced.regs).rflags & 0x100n) === 0n ? 0 : 1);
    lab.see('next stop', lab.next(traced.trace, POST));
    lab.next(traced.trace, POST);
    lab.see('the tracee', lab.wait(traced.pid));

    const left = attachNonBlocking(lab, lab.machineChild([...FIRST, NOP, NOP, ...EXIT_0]).pid);
    lab.command(left.trace, PRE);
    lab.pause();
    lab.command(left.trace, STEP);
    lab.close(left.trace);
    lab.see('one whose trace is closed before it steps', lab.wait(left.pid));
  },
  sights: [
    { what: 'stop', expected: ['PRE_SYSCALL', 'PRE_SYSCALL', 'PRE_SYSCALL'] },
    { what: 'rflags.TF there', expected: ['1', '1', '1'] },
    { what: 'next stop', expected: ['POST_SYSCALL', 'POST_SYSCALL', 'POST_SYSCALL'] },
    {
      what: 'the tracee',
      expected: ['killed by SIGTRAP', 'killed by SIGTRAP', 'exited with 0'],
      linux: 'exited with 0',
    },
    {
      what: 'one whose trace is closed before it steps',
      expected: ['killed by SIGTRAP', 'killed by SIGTRAP', 'exited with 0'],
      linux: 'exited with 0',
    },
  ],
};

/** A fork that is single-stepped. */
const KP_42: Reproduction = {
  id: 'KP-42',
  faulty: [kernel('P7'), kernel('P12')],
  sound: [changed('P12', { 'KP-42': false })],
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
    { what: 'rip before the step', expected: ['+10', '+10', '+10'] },
    {
      what: 'step',
      expected: ['SINGLESTEP', 'SINGLESTEP', 'SINGLESTEP'],
      linux: 'stopped by SIGTRAP',
    },
    {
      what: 'the child of the tracee',
      expected: ['killed by SIGTRAP', 'killed by SIGTRAP', 'exited with 0'],
      linux: 'exited with 0',
    },
    { what: 'the tracee', expected: ['lives', 'lives', 'lives'], linux: 'lives' },
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

export const STEPS: readonly Reproduction[] = [KP_04, KP_05, KP_06, KP_41, KP_42, KP_65];
