// Reproductions: what a program sees that calls relibc's ptrace() and waitpid().
import {
  __WALL,
  Mutex,
  PTRACE_CONT,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_TRACEME,
  type Relibc,
} from '../../../compat/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { describeFinding, explore } from '../../explore/explore.js';
import type { ThreadProgram } from '../../explore/threads.js';
import type { Lab } from '../lab.js';
import type { Reproduction } from '../reproduction.js';
import { library, onTwoCpus } from '../revisions.js';
import { attach, PRE } from '../steps.js';
import { statusText } from '../words.js';

const { SIGCONT, SIGKILL, SIGSEGV, SIGSTOP, WNOHANG } = abi;

type Rest = (libc: Relibc) => abi.SystemCalls<unknown>;

const nothing: Rest = function* () {};

/** Sleeps a second, in which everybody else goes as far as he can. */
function* sleep(libc: Relibc): abi.SystemCalls<void> {
  const { user } = libc;
  const mark = user.mark();
  const time = user.reserve(abi.TimeSpec.size);
  user.memory.write(time, abi.TimeSpec.encode({ tv_sec: 1, tv_nsec: 0 }));
  yield* libc.nanosleep(time, 0);
  user.release(mark);
}

/** What waitpid gives, in words. */
function wait(lab: Lab, pid: number, options = 0): string {
  const waited = lab.run(lab.libc.wait(pid, options));
  if (waited.pid === -1) return abi.errnoName(lab.libc.errno);
  return waited.pid === 0 ? 'nothing' : statusText(waited.status);
}

/** What ptrace gives: 0 or the error. */
function ptrace(lab: Lab, request: number, pid: number): string {
  const result = lab.run(lab.libc.ptrace(request, pid));
  return result === -1 ? abi.errnoName(lab.libc.errno) : String(result);
}

/** A child that asks to be traced and stops while its parent waits already, and goes on so. */
function tracee(lab: Lab, rest: Rest = nothing): number {
  return lab.fork(function* (libc) {
    yield* sleep(libc);
    yield* libc.ptrace(PTRACE_TRACEME);
    yield* libc.raise(SIGSTOP);
    yield* rest(libc);
    return 0;
  });
}

/** The same, when its parent has seen the stop. */
function stopped(lab: Lab, rest: Rest = nothing): number {
  const pid = tracee(lab, rest);
  wait(lab, pid);
  return pid;
}

function origRax(lab: Lab, pid: number): bigint {
  return lab.run(lab.libc.getRegisters(pid))?.orig_rax ?? -1n;
}

/** The call that a stopped tracee is at, by orig_rax. */
function callOf(lab: Lab, pid: number): string {
  const rax = Number(origRax(lab, pid));
  return rax === 0 ? 'a result of 0' : abi.syscallName(rax);
}

/** Three threads that each lock and unlock one mutex. */
function lockers({ revision }: Lab): [string, ThreadProgram][] {
  const program: ThreadProgram = function* (world) {
    const mutex = new Mutex(world, 0, { wakes: revision.library?.mutexWakes ?? 'one' });
    const guard = yield* mutex.lock();
    yield 'pause';
    yield* guard.unlock();
  };
  return ['Ann', 'Bob', 'Cid'].map((name) => [name, program]);
}

/** A thread of the tracer; gives its pid. */
function thread(lab: Lab, program: Rest): number {
  const start = lab.libc.startThread(function* (libc) {
    yield* program(libc);
    return 0;
  });
  const pid = lab.run(start);
  const context = lab.kernel.contexts.get(pid);
  if (context !== undefined) context.name = 'thread';
  return pid;
}

/** Sleeps until somebody ends it. */
const forEver: Rest = function* ({ user }) {
  const word = user.reserve(8);
  user.memory.store32(word, 0);
  yield { number: abi.SYS_FUTEX, a: word, b: abi.FUTEX_WAIT, c: 0, d: 0 };
};

/** Writes a line, and makes another call. */
const write: Rest = function* (libc) {
  const { user } = libc;
  const at = user.reserve(1);
  user.memory.store8(at, 10);
  yield* libc.write(1, at, 1);
  yield* libc.getuid();
};

function* sleeper(libc: Relibc): abi.SystemCalls<number> {
  yield* sleep(libc);
  return 0;
}

/** A child that asked to be traced, did something, and ended; it was waited for by the kernel. */
function marked(lab: Lab, rest: Rest): number {
  const pid = lab.fork(function* (libc) {
    yield* libc.ptrace(PTRACE_TRACEME);
    yield* rest(libc);
    return 0;
  });
  lab.wait(pid);
  return pid;
}

/** Whether a pid still counts as one that asked to be traced. */
function marker(lab: Lab, pid: number): string {
  const result = lab.open(`chan:ptrace-relibc/${pid}/traceme`, abi.O_STAT);
  return typeof result === 'string' ? result : 'there';
}

/** The path that a program opens which waits for any child, as seen by tracing it. */
function openedByWaitpid(lab: Lab): string {
  const { pid } = lab.child(function* (user) {
    const libc = lab.libcOf(user);
    yield* libc.fork((child) => child.exit(0));
    yield* libc.wait(-1);
    return 0;
  });
  const { trace, regs } = attach(lab, pid);
  const mem = lab.opened(`proc:${pid}/mem`);
  while (lab.next(trace, PRE) === 'PRE_SYSCALL') {
    const { rax, rdi, rsi } = lab.registers(regs);
    if (Number(rax) !== abi.SYS_OPEN) continue;
    lab.seek(mem, rdi);
    return Buffer.from(lab.read(mem, Number(rsi)).bytes).toString();
  }
  return 'nothing';
}

export const RELIBC: readonly Reproduction[] = [
  {
    id: 'KP-02',
    faulty: [library('f389010f')],
    sound: [library('82abb331')],
    run(lab) {
      const other = lab.fork(function* (libc) {
        for (;;) yield* libc.schedYield();
      });
      lab.see('ptrace of a child that did not ask', ptrace(lab, PTRACE_CONT, other));
      lab.kill(other, SIGKILL);
      const pid = tracee(lab);
      lab.watch('waitpid for a child that did', () => wait(lab, pid));
    },
    sights: [
      { what: 'ptrace of a child that did not ask', expected: ['0', 'ESRCH'], linux: 'ESRCH' },
      {
        what: 'waitpid for a child that did',
        expected: ['wait for ever: tracer, child', 'stopped by SIGSTOP'],
        linux: 'stopped by SIGSTOP',
      },
    ],
  },
  {
    id: 'KP-18',
    faulty: [library('a7b354c8'), library('4c148c18'), library('e90fa3e3')],
    sound: [],
    run(lab) {
      let result = -1;
      const pid = stopped(lab, function* (libc) {
        result = yield* libc.getpid();
      });
      for (const _ of ['entry', 'end']) {
        ptrace(lab, PTRACE_SYSCALL, pid);
        wait(lab, pid);
      }
      lab.see(
        'orig_rax at the end of getpid',
        Number(origRax(lab, pid)) === pid ? 'result' : 'number',
      );
      const registers = lab.run(lab.libc.getRegisters(pid));
      if (registers === undefined) return;
      lab.run(lab.libc.setRegisters(pid, { ...registers, rax: 77n }));
      ptrace(lab, PTRACE_CONT, pid);
      wait(lab, pid);
      lab.see('what getpid gives after rax = 77', result === pid ? 'pid' : result);
    },
    sights: [
      {
        what: 'orig_rax at the end of getpid',
        expected: ['result', 'result', 'result'],
        linux: 'number',
      },
      {
        what: 'what getpid gives after rax = 77',
        expected: ['pid', 'pid', 'pid'],
        linux: '77',
      },
    ],
  },
  {
    id: 'KP-19',
    faulty: [library('82abb331', 'P4'), library('a7b354c8'), library('4c148c18')],
    sound: [],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.getuid());
      ptrace(lab, PTRACE_SYSCALL, pid);
      lab.see('a stop at a system call', wait(lab, pid));
    },
    sights: [
      {
        what: 'a stop at a system call',
        expected: ['stopped by SIGSTOP', 'stopped by SIGSTOP', 'stopped by SIGSTOP'],
        linux: 'stopped by SIGTRAP',
      },
    ],
  },
  {
    id: 'KP-20',
    faulty: [library('a7b354c8'), library('4c148c18'), library('e90fa3e3')],
    sound: [],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.getuid());
      ptrace(lab, PTRACE_SYSCALL, pid);
      lab.watch('waitpid(-1) for a stop at a system call', () => wait(lab, -1));
      lab.see('what waitpid(-1) opens', openedByWaitpid(lab.another()));
    },
    sights: [
      {
        what: 'what waitpid(-1) opens',
        expected: ['chan:ptrace-relibc/0/traceme', 'chan:ptrace-relibc/0/traceme', 'nothing'],
      },
      {
        what: 'waitpid(-1) for a stop at a system call',
        expected: [
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
        ],
        linux: 'stopped by SIGTRAP',
      },
    ],
  },
  {
    id: 'KP-22',
    faulty: [library('f389010f')],
    sound: [library('82abb331')],
    run(lab) {
      const pid = tracee(lab);
      lab.watch('waitpid, begun before the child asked', () => wait(lab, pid));
    },
    sights: [
      {
        what: 'waitpid, begun before the child asked',
        expected: ['wait for ever: tracer, child', 'stopped by SIGSTOP'],
        linux: 'stopped by SIGSTOP',
      },
    ],
  },
  {
    id: 'KP-54',
    faulty: [
      library('82abb331', 'P2'),
      library('82abb331', 'P3'),
      library('a7b354c8'),
      library('4c148c18'),
    ],
    sound: [library('82abb331', 'P4')],
    run(lab) {
      const hasty = lab.fork(function* (libc) {
        yield* libc.ptrace(PTRACE_TRACEME);
        yield* libc.raise(SIGSTOP);
        return 0;
      });
      lab.run(sleep(lab.libc));
      lab.watch('waitpid after TRACEME and the stop', () => wait(lab, hasty));

      const second = lab.another();
      const slower = second.fork(function* (libc) {
        yield* libc.ptrace(PTRACE_TRACEME);
        yield* sleep(libc);
        yield* sleep(libc);
        yield* libc.raise(SIGSTOP);
        return 0;
      });
      second.run(sleep(second.libc));
      second.watch('waitpid between TRACEME and the stop', () => wait(second, slower));
      if (lab.revision.kernel.protocol !== 'operations') return; // that stop was no stop on P2
      second.watch('PTRACE_SYSCALL from there on', () => {
        let status = 'stopped by SIGSTOP';
        while (status === 'stopped by SIGSTOP') {
          ptrace(second, PTRACE_SYSCALL, slower);
          status = wait(second, slower);
        }
        return status;
      });
    },
    sights: [
      {
        what: 'waitpid after TRACEME and the stop',
        expected: [
          'stopped by SIGSTOP',
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
        ],
        linux: 'stopped by SIGSTOP',
      },
      {
        what: 'waitpid between TRACEME and the stop',
        expected: [
          'stopped by SIGSTOP', // it has not stopped yet
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'stopped by SIGSTOP',
        ],
        linux: 'stopped by SIGSTOP',
      },
      {
        what: 'PTRACE_SYSCALL from there on',
        expected: ['wait for ever: tracer, child', '-', '-', '-', '-'],
        linux: 'exited with 0',
      },
    ],
  },
  {
    id: 'KP-55',
    faulty: [library('82abb331', 'P3'), library('a7b354c8'), library('4c148c18')],
    sound: [library('82abb331', 'P4')],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.raise(SIGSTOP));
      ptrace(lab, PTRACE_CONT, pid);
      lab.watch('waitpid for the second SIGSTOP', () => wait(lab, pid));
    },
    sights: [
      {
        what: 'waitpid for the second SIGSTOP',
        expected: [
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'wait for ever: tracer, child',
          'stopped by SIGSTOP',
        ],
        linux: 'stopped by SIGSTOP',
      },
    ],
  },
  {
    id: 'KP-60',
    faulty: [library('a7b354c8'), library('e90fa3e3')],
    sound: [library('82abb331')],
    run(lab) {
      const pid = lab.fork((libc) => libc.exit(3));
      lab.watch('waitpid with __WALL', () => wait(lab, pid, __WALL));
      if (lab.console.stderr !== '') lab.note(lab.console.stderr.trim());
    },
    sights: [
      {
        what: 'waitpid with __WALL',
        expected: ['the caller exited with 1', 'the caller exited with 1', 'exited with 3'],
        linux: 'exited with 3',
      },
    ],
  },
  {
    id: 'KP-61',
    faulty: [library('a7b354c8'), library('e90fa3e3')],
    sound: [library('a3e1eed1')],
    run(lab) {
      const { findings, schedules, complete } = explore({ threads: lockers(lab), longest: 60 });
      const [finding] = findings;
      if (finding !== undefined)
        for (const line of describeFinding(finding).split('\n')) lab.note(line);
      lab.note(`${schedules} schedules${complete ? ', all there are' : ''}`);
      lab.see('the worst of all schedules of three threads', finding?.what ?? 'all end');
    },
    sights: [
      {
        what: 'the worst of all schedules of three threads',
        expected: ['Cid sleeps for ever', 'Cid sleeps for ever', 'all end'],
      },
    ],
  },
  {
    id: 'KP-67',
    faulty: [library('a7b354c8'), library('4c148c18'), library('e90fa3e3')],
    sound: [],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.getuid());
      ptrace(lab, PTRACE_SYSCALL, pid);
      lab.run(sleep(lab.libc));
      lab.see('waitpid with WNOHANG', wait(lab, pid, WNOHANG));
      lab.see('waitpid without it', wait(lab, pid));
    },
    sights: [
      {
        what: 'waitpid with WNOHANG',
        expected: ['nothing', 'nothing', 'nothing'],
        linux: 'stopped by SIGTRAP',
      },
      {
        what: 'waitpid without it',
        expected: ['stopped by SIGSTOP', 'stopped by SIGSTOP', 'stopped by SIGSTOP'],
      },
    ],
  },
  {
    id: 'KP-21',
    faulty: [library('a7b354c8'), library('4c148c18')],
    sound: [library('c51aec1a')],
    run(lab) {
      const traced = stopped(lab, forEver);
      const other = lab.fork((libc) => libc.exit(3));
      // the thread waits for another child, and only then ends the traced one
      thread(lab, function* (libc) {
        yield* sleep(libc);
        yield* libc.wait(other);
        yield* libc.kill(traced, SIGKILL);
      });
      ptrace(lab, PTRACE_CONT, traced);
      lab.watch('waitpid for the traced child', () => wait(lab, traced));
      if (lab.seen.get('waitpid for the traced child')?.includes('thread')) {
        lab.note('the thread’s futex is the lock of relibc’s sessions, which the tracer holds');
      }
    },
    sights: [
      {
        what: 'waitpid for the traced child',
        expected: [
          'wait for ever: tracer, child, thread',
          'wait for ever: tracer, child, thread',
          'killed by SIGKILL',
        ],
        linux: 'killed by SIGKILL',
      },
    ],
  },
  {
    id: 'KP-23',
    faulty: [library('72c2f59f')],
    sound: [library('a1e45941')],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.getuid());
      for (const which of ['first', 'second']) {
        ptrace(lab, PTRACE_SYSCALL, pid);
        wait(lab, pid);
        lab.pause(); // 72c2f59f reads no events, and so waits for the first stop only (KP-14)
        lab.see(`${which} stop`, callOf(lab, pid));
      }
    },
    sights: [
      { what: 'first stop', expected: ['a result of 0', 'getuid'], linux: 'getuid' },
      { what: 'second stop', expected: ['getuid', 'a result of 0'], linux: 'getuid' },
    ],
  },
  {
    id: 'KP-24',
    faulty: [library('82abb331'), library('a7b354c8'), library('e90fa3e3')],
    sound: [library('825e5c77')],
    run(lab) {
      const pid = lab.fork(function* (libc) {
        yield* libc.raise(SIGSTOP);
        return 7;
      });
      lab.fork(function* (libc) {
        yield* sleep(libc);
        yield* libc.kill(pid, SIGCONT);
        return 0;
      });
      lab.see('waitpid for a child that stops and is not traced', wait(lab, pid));

      let last = 0;
      do last = lab.fork((libc) => libc.exit(5));
      while (last % 0x80 !== 0x7f);
      lab.note(`the child of the second line is pid ${last} (0x${last.toString(16)})`);
      lab.see('waitpid for an exit with 5, the pid ending in 0x7f', wait(lab, last));
    },
    sights: [
      {
        what: 'waitpid for a child that stops and is not traced',
        expected: [
          'stopped by SIGSTOP',
          'stopped by SIGSTOP',
          'stopped by SIGSTOP',
          'exited with 7',
        ],
        linux: 'exited with 7',
      },
      {
        what: 'waitpid for an exit with 5, the pid ending in 0x7f',
        expected: ['ECHILD', 'ECHILD', 'ECHILD', 'exited with 5'],
        linux: 'exited with 5',
      },
    ],
  },
  {
    id: 'KP-25',
    faulty: [library('f389010f'), library('e90fa3e3')],
    sound: [library('37b60b67')],
    run(lab) {
      const pid = lab.fork((libc) => libc.raise(SIGSEGV));
      const { status } = lab.run(lab.libc.wait(pid));
      lab.see('the status', `0x${status.toString(16)}`);
      lab.see('WTERMSIG of it', lab.libc.WTERMSIG(status));
    },
    sights: [
      { what: 'the status', expected: ['0xb', '0xb', '0xb'] },
      { what: 'WTERMSIG of it', expected: ['1', '1', '11'], linux: '11' },
    ],
  },
  {
    id: 'KP-53',
    faulty: [library('a7b354c8'), library('4c148c18')],
    sound: [library('82abb331')],
    run(lab) {
      const continued = stopped(lab, write);
      ptrace(lab, PTRACE_SYSEMU, continued);
      wait(lab, continued);
      ptrace(lab, PTRACE_CONT, continued);
      wait(lab, continued);
      lab.see('a write, after SYSEMU and CONT', lab.console.stdout === '' ? 'not made' : 'made');

      const pid = stopped(lab, write);
      for (const which of ['first', 'second']) {
        ptrace(lab, PTRACE_SYSEMU, pid);
        wait(lab, pid);
        lab.see(`${which} of two SYSEMU stops at`, callOf(lab, pid));
      }
    },
    sights: [
      {
        what: 'a write, after SYSEMU and CONT',
        expected: ['made', 'made', 'not made'],
        linux: 'not made',
      },
      {
        what: 'first of two SYSEMU stops at',
        expected: ['write', 'write', 'write'],
        linux: 'write',
      },
      {
        what: 'second of two SYSEMU stops at',
        expected: ['write', 'write', 'getuid'],
        linux: 'getuid',
      },
    ],
  },
  {
    id: 'KP-56',
    faulty: [onTwoCpus(library('a7b354c8', 'P7m')), onTwoCpus(library('4c148c18'))],
    sound: [library('a7b354c8', 'P7m'), library('4c148c18')],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.getuid());
      lab.see('the first PTRACE_SYSCALL', ptrace(lab, PTRACE_SYSCALL, pid));
      lab.watch('waitpid after it', () => wait(lab, pid));
    },
    sights: [
      { what: 'the first PTRACE_SYSCALL', expected: ['ESRCH', 'ESRCH', '0', '0'], linux: '0' },
      {
        what: 'waitpid after it',
        expected: [
          'exited with 0',
          'wait for ever: tracer', // KP-38
          'stopped by SIGSTOP',
          'stopped by SIGSTOP',
        ],
        linux: 'stopped by SIGTRAP',
      },
    ],
  },
  {
    id: 'KP-57',
    faulty: [library('82abb331', 'P2')],
    sound: [library('82abb331', 'P3')],
    run(lab) {
      const pid = stopped(lab, sleep);
      ptrace(lab, PTRACE_CONT, pid);
      lab.see('waitpid while it runs', wait(lab, pid));
      lab.see('waitpid again', wait(lab, pid));
    },
    sights: [
      {
        what: 'waitpid while it runs',
        expected: ['stopped by SIGSTOP', 'exited with 0'],
        linux: 'exited with 0',
      },
      { what: 'waitpid again', expected: ['stopped by SIGSTOP', 'ECHILD'], linux: 'ECHILD' },
    ],
  },
  {
    id: 'KP-58',
    faulty: [library('c51aec1a'), library('e90fa3e3')],
    sound: [library('4c148c18')],
    run(lab) {
      const pid = stopped(lab, (libc) => libc.getuid());
      ptrace(lab, PTRACE_SYSCALL, pid);
      wait(lab, pid);
      const seen = { ptrace: '-', waitpid: '-' };
      const asking = thread(lab, function* (libc) {
        const result = yield* libc.ptrace(PTRACE_SYSCALL, pid);
        seen.ptrace = result === -1 ? abi.errnoName(libc.errno) : String(result);
      });
      lab.run(lab.libc.joinThread(asking));
      lab.see('ptrace of another thread', seen.ptrace);
      if (seen.ptrace !== '0') ptrace(lab, PTRACE_SYSCALL, pid);
      const waiting = thread(lab, function* (libc) {
        const { status } = yield* libc.wait(pid);
        seen.waitpid = statusText(status);
      });
      lab.watch('waitpid of another thread', () => {
        lab.run(lab.libc.joinThread(waiting));
        return seen.waitpid;
      });
    },
    sights: [
      {
        what: 'ptrace of another thread',
        expected: ['EBUSY', 'EBUSY', '0'],
        linux: 'ESRCH',
      },
      {
        what: 'waitpid of another thread',
        expected: [
          'wait for ever: tracer, child, thread',
          'wait for ever: tracer, child, thread',
          'stopped by SIGSTOP',
        ],
        linux: 'stopped by SIGTRAP',
      },
    ],
  },
  {
    id: 'KP-59',
    faulty: [library('82abb331'), library('a7b354c8'), library('e90fa3e3')],
    sound: [],
    run(lab) {
      const alone = marked(lab, nothing);
      lab.see('the marker of one without children', marker(lab, alone));
      const parent = marked(lab, (libc) => libc.fork(sleeper));
      lab.see('the marker of one whose child lives on', marker(lab, parent));
      lab.see('ptrace of that pid', ptrace(lab, PTRACE_CONT, parent));
    },
    sights: [
      {
        what: 'the marker of one without children',
        expected: ['ENOENT', 'ENOENT', 'ENOENT'],
      },
      {
        what: 'the marker of one whose child lives on',
        expected: ['there', 'there', 'there'],
      },
      {
        what: 'ptrace of that pid',
        expected: ['ESRCH', 'ESRCH', 'ESRCH'],
        linux: 'ESRCH',
      },
    ],
  },
];
