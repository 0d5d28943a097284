// Reproductions: relibc's waitpid().
import {
  __WALL,
  PTRACE_CONT,
  PTRACE_SYSCALL,
  PTRACE_TRACEME,
  WEXITED,
} from '../../../compat/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { openedByWaitpid, ptrace, sleep, stopped, tracee, wait } from '../relibc-steps.js';
import type { Reproduction } from '../reproduction.js';
import { library } from '../revisions.js';

const { SIGCONT, SIGKILL, SIGSEGV, SIGSTOP, WNOHANG } = abi;

export const WAITPID: readonly Reproduction[] = [
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
    id: 'KP-60',
    faulty: [library('a7b354c8'), library('e90fa3e3')],
    sound: [library('82abb331')],
    run(lab) {
      const pid = lab.fork((libc) => libc.exit(3));
      lab.watch('waitpid with __WALL', () => wait(lab, pid, __WALL));
      if (lab.console.stderr !== '') lab.note(lab.console.stderr.trim());

      const second = lab.another();
      const other = second.fork((libc) => libc.exit(3));
      second.watch('waitpid with WEXITED', () => wait(second, other, WEXITED));
    },
    sights: [
      {
        what: 'waitpid with __WALL',
        expected: ['the caller exited with 1', 'the caller exited with 1', 'exited with 3'],
        linux: 'exited with 3',
      },
      {
        what: 'waitpid with WEXITED',
        expected: ['the caller exited with 1', 'the caller exited with 1', 'exited with 3'],
        linux: 'EINVAL',
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
];
