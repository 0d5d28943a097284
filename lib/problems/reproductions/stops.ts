// Reproductions: stops, and the commands that lead to them, by proc:PID/trace alone.
import * as abi from '../../../kernel-sim/abi/index.js';
import type { Lab } from '../lab.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel } from '../revisions.js';
import {
  attach,
  attachNonBlocking,
  callAt,
  calls,
  exit,
  getpid,
  getuid,
  handle,
  IGNORE,
  NOP,
  POST,
  PRE,
  SIGNAL,
  STEP,
  spin,
  syscall,
  WAIT,
} from '../steps.js';

const { SIGTERM, SIGUSR1, WNOHANG } = abi;

/** Everybody waits, and nobody can go on. */
const FOR_EVER = 'wait for ever: tracer, child';

/** A program that writes `x` to the console and ends. */
function writer(): abi.HostedProgram {
  return function* (user) {
    const at = user.reserve(1);
    user.memory.store8(at, 'x'.charCodeAt(0));
    yield { number: abi.SYS_WRITE, a: 1, b: at, c: 1 };
    return 0;
  };
}

function written(lab: Lab): string {
  return lab.console.stdout === '' ? 'not written' : 'written';
}

/** What rax shows at a stop: the call about to be made, or a result. */
function raxAt(lab: Lab, regs: number): string {
  const rax = Number(lab.registers(regs).rax);
  const entries: readonly number[] = [abi.SYS_KILL, abi.SYS_GETUID, abi.SYS_SIGRETURN];
  return entries.includes(rax) ? abi.syscallName(rax) : `result ${rax}`;
}

/** A process that handles SIGUSR1 by a system call and sends it to itself. */
const selfSignaller: abi.HostedProgram = function* (user) {
  yield* handle(user, SIGUSR1, function* () {
    yield getuid;
  });
  const pid = yield getpid;
  yield { number: abi.SYS_KILL, a: pid, b: SIGUSR1 };
  return 0;
};

/** Runs a tracee to the entry of its next call, with the tracer that the kernel's ABI takes. */
function toEntry(lab: Lab, trace: number): void {
  lab.resume(trace, 'entry');
  if (!lab.operations) lab.events(trace);
}

/** The operation for system calls; events end the wait, and are read before it goes on. */
function operateUntilStop(lab: Lab, trace: number): void {
  let result = lab.operate(trace, abi.PTRACE_SYSCALL);
  while (result === 0) {
    lab.events(trace);
    result = lab.operate(trace, abi.PTRACE_WAIT);
  }
}

function toEnd(lab: Lab, trace: number): void {
  lab.resume(trace, 'end');
  if (!lab.operations) lab.events(trace);
}

export const STOPS: readonly Reproduction[] = [
  {
    id: 'KP-01',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [],
    run(lab) {
      const { pid, trace, regs } = attachNonBlocking(lab, lab.child(calls(getuid)).pid);
      lab.resume(trace, 'entry');
      lab.pause();
      lab.see('the tracee stopped at the entry of', callAt(lab, regs));
      lab.watch('waitpid', () => lab.wait(pid));
    },
    sights: [
      {
        what: 'the tracee stopped at the entry of',
        expected: ['getuid', 'getuid', 'getuid'],
        linux: 'getuid',
      },
      { what: 'waitpid', expected: [FOR_EVER, FOR_EVER, FOR_EVER], linux: 'stopped by SIGTRAP' },
    ],
  },
  {
    id: 'KP-12',
    faulty: [kernel('P2'), kernel('P4')],
    sound: [kernel('P5c'), kernel('P12')],
    run(lab) {
      const { trace, regs } = attach(lab, lab.child(selfSignaller).pid);
      for (let i = 0; i < 2; i++) {
        toEntry(lab, trace);
        toEnd(lab, trace);
      }
      const order: string[] = [];
      const entries: string[] = [];
      for (let i = 0; i < 5; i++) {
        let entry = i % 2 === 0; // all that can be known without two kinds of stops
        if (lab.operations) operateUntilStop(lab, trace);
        else entry = lab.next(trace, PRE | POST) === 'PRE_SYSCALL';
        const at = raxAt(lab, regs);
        order.push(at);
        if (entry) entries.push(at);
      }
      lab.see('rax at the stops', order.join(', '));
      lab.see('the entries, for the tracer', entries.join(', '));
    },
    sights: [
      {
        what: 'rax at the stops',
        expected: [
          'kill, kill, kill, kill, result 0', // what the signal interrupted
          'kill, getuid, result 0, sigreturn, result 0',
          'kill, getuid, result 0, sigreturn, result 0',
          'kill, getuid, result 0, sigreturn, result 0',
        ],
        linux: 'kill, result 0, getuid, result 0, sigreturn',
      },
      {
        what: 'the entries, for the tracer',
        expected: [
          'kill, kill, result 0',
          'kill, result 0, result 0',
          'kill, getuid, sigreturn',
          'kill, getuid, sigreturn',
        ],
        linux: 'kill, getuid, sigreturn',
      },
    ],
  },
  {
    id: 'KP-13',
    faulty: [kernel('P4')],
    sound: [kernel('P6'), kernel('P12')],
    run(lab) {
      const { pid, trace } = attachNonBlocking(lab, lab.child(spin).pid);
      if (lab.operations) lab.operate(trace, 0x05);
      else lab.command(trace, SIGNAL);
      lab.pause();
      lab.kill(pid, SIGTERM);
      lab.pause();
      lab.see('event', lab.events(trace));
      lab.see('the tracee then', lab.wait(pid, WNOHANG));
      if (lab.operations) return;
      lab.command(trace, IGNORE | SIGNAL);
      lab.pause();
      lab.see('after IGNORE', lab.wait(pid, WNOHANG));
    },
    sights: [
      {
        what: 'event',
        expected: ['SIGNAL SIGTERM', 'SIGNAL SIGTERM', 'SIGNAL SIGTERM'],
        linux: 'stopped by SIGTERM',
      },
      { what: 'the tracee then', expected: ['killed by SIGTERM', '0', '0'], linux: '0' },
      { what: 'after IGNORE', expected: ['-', '0', '0'], linux: '0' },
    ],
  },
  {
    id: 'KP-14',
    faulty: [kernel('P5c'), kernel('P7')],
    sound: [kernel('P9'), kernel('P12')],
    run(lab) {
      const { trace } = attach(lab, lab.child(calls(getpid, getuid)).pid);
      lab.command(trace, PRE);
      lab.pause();
      lab.command(trace, POST); // while the first event is unread
      lab.see('first read', lab.events(trace, 1));
      lab.watch('second read', () => lab.events(trace, 1));
    },
    sights: [
      {
        what: 'first read',
        expected: ['PRE_SYSCALL', 'PRE_SYSCALL', 'PRE_SYSCALL', 'PRE_SYSCALL'],
      },
      { what: 'second read', expected: ['none', 'none', 'POST_SYSCALL', 'POST_SYSCALL'] },
    ],
  },
  {
    id: 'KP-15',
    faulty: [kernel('P2'), kernel('P4')],
    sound: [kernel('P5c'), kernel('P12')],
    run(lab) {
      const { pid, trace } = attach(lab, lab.child(writer()).pid);
      toEntry(lab, trace);
      if (lab.operations) lab.operate(trace, 0x13);
      else lab.next(trace, IGNORE | POST);
      if (lab.operations) lab.operate(trace, 0x01);
      else lab.command(trace, 0);
      lab.wait(pid);
      lab.see('a write, SYSEMU being said at its entry', written(lab));

      const code = [...syscall(abi.SYS_GETUID), ...syscall(abi.SYS_GETUID), NOP, ...exit(0)];
      const stepped = attach(lab, lab.machineChild(code).pid);
      toEntry(lab, stepped.trace);
      toEnd(lab, stepped.trace);
      for (let i = 0; i < 2; i++) {
        if (lab.operations) lab.resume(stepped.trace, 'step');
        else lab.next(stepped.trace, STEP | PRE);
      }
      const { rax } = lab.registers(stepped.regs);
      const at = Number(rax) === abi.SYS_GETUID ? 'at its entry' : 'behind it';
      lab.see('single steps up to the next call stop', at);
    },
    sights: [
      {
        what: 'a write, SYSEMU being said at its entry',
        expected: ['written', 'written', 'not written', 'not written'],
      },
      {
        what: 'single steps up to the next call stop',
        expected: ['behind it', 'behind it', 'at its entry', 'at its entry'],
      },
    ],
  },
  {
    id: 'KP-34',
    faulty: [kernel('P5c'), kernel('P7')],
    sound: [kernel('P9')],
    run(lab) {
      const { trace, regs, pid } = attachNonBlocking(lab, lab.child(calls(getpid, getuid)).pid);
      const at = () => {
        lab.pause();
        const status = lab.wait(pid, WNOHANG);
        return status === '0' ? callAt(lab, regs) : status;
      };
      lab.command(trace, PRE);
      lab.command(trace, WAIT);
      lab.see('after PRE and WAIT alone, it is at', at());
      if (lab.seen.get('after PRE and WAIT alone, it is at') !== 'getpid') return;
      lab.command(trace, WAIT);
      lab.see('after WAIT alone once more', at());
      lab.events(trace);
      lab.command(trace, PRE | WAIT);
      lab.see('after PRE | WAIT', at());
    },
    sights: [
      {
        what: 'after PRE and WAIT alone, it is at',
        expected: ['getpid', 'getpid', 'exited with 2'],
      },
      { what: 'after WAIT alone once more', expected: ['getpid', 'getpid', '-'] },
      { what: 'after PRE | WAIT', expected: ['getuid', 'getuid', '-'] },
    ],
  },
  {
    id: 'KP-43',
    faulty: [kernel('P2'), kernel('P7'), kernel('P12')],
    sound: [changed('P12', { 'KP-43': false })],
    run(lab) {
      const first = attachNonBlocking(lab, lab.child(calls(getuid)).pid);
      lab.resume(first.trace, 'entry');
      lab.pause();
      lab.kill(first.pid, SIGTERM);
      lab.pause();
      lab.see('SIGTERM at a stop', lab.wait(first.pid, WNOHANG));

      const frozen = attach(lab, lab.child(calls(getuid)).pid);
      lab.kill(frozen.pid, SIGTERM);
      lab.pause();
      lab.see('SIGTERM while it is frozen', lab.wait(frozen.pid, WNOHANG));

      let handled = 'no';
      const program: abi.HostedProgram = function* (user) {
        yield* handle(user, SIGUSR1, function* () {
          handled = 'yes';
          yield getpid;
        });
        return 0;
      };
      const second = attachNonBlocking(lab, lab.child(program).pid);
      for (const to of ['entry', 'end'] as const) {
        lab.resume(second.trace, to);
        lab.pause();
      }
      lab.kill(second.pid, SIGUSR1);
      lab.pause();
      lab.see('a handler runs at a stop', handled);
    },
    sights: [
      {
        what: 'SIGTERM at a stop',
        expected: ['killed by SIGTERM', 'killed by SIGTERM', 'killed by SIGTERM', '0'],
        linux: '0',
      },
      { what: 'SIGTERM while it is frozen', expected: ['0', '0', '0', '0'], linux: '0' },
      { what: 'a handler runs at a stop', expected: ['yes', 'yes', 'yes', 'no'], linux: 'no' },
    ],
  },
  {
    id: 'KP-51',
    faulty: [kernel('P5b'), kernel('P7'), kernel('P12')],
    sound: [changed('P12', { 'KP-51': false })],
    run(lab) {
      const { pid, trace } = attach(lab, lab.child(writer()).pid);
      lab.next(trace, PRE);
      lab.setNonBlocking(trace, true);
      lab.command(trace, IGNORE);
      lab.pause();
      lab.see('the call, after IGNORE alone', written(lab));
      lab.see('the tracee', lab.wait(pid));

      const control = attach(lab, lab.child(writer()).pid);
      const before = lab.console.stdout;
      lab.next(control.trace, PRE);
      lab.next(control.trace, IGNORE | POST);
      lab.see('after IGNORE | POST', lab.console.stdout === before ? 'not written' : 'written');
    },
    sights: [
      {
        what: 'the call, after IGNORE alone',
        expected: ['written', 'written', 'written', 'not written'],
        linux: 'not written',
      },
      {
        what: 'the tracee',
        expected: ['exited with 0', 'exited with 0', 'exited with 0', 'exited with 0'],
      },
      {
        what: 'after IGNORE | POST',
        expected: ['not written', 'not written', 'not written', 'not written'],
      },
    ],
  },
  {
    id: 'KP-69',
    faulty: [kernel('P9'), kernel('P12')],
    sound: [kernel('P7'), changed('P12', { 'KP-69': false })],
    run(lab) {
      const { pid, trace } = attach(lab, lab.child(selfSignaller).pid);
      lab.see('stop', lab.next(trace, SIGNAL));
      lab.kill(pid, abi.SIGCHLD);
      lab.pause();
      lab.setNonBlocking(trace, true);
      const again = lab.events(trace, 64);
      lab.note(`read again: ${again.split(', ').length} events`);
      lab.see('twenty turns later', again.split(', ').length > 10 ? 'a flood of it' : again);
    },
    sights: [
      {
        what: 'stop',
        expected: ['SIGNAL SIGUSR1', 'SIGNAL SIGUSR1', 'SIGNAL SIGUSR1', 'SIGNAL SIGUSR1'],
        linux: 'stopped by SIGUSR1',
      },
      {
        what: 'twenty turns later',
        expected: ['a flood of it', 'a flood of it', 'none', 'none'],
        linux: 'nothing more',
      },
    ],
  },
];
