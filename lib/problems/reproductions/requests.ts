// Reproductions: relibc's ptrace(), its sessions and their locks.
import { PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SYSEMU } from '../../../compat/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { describeFinding, explore } from '../../explore/explore.js';
import {
  callOf,
  forEver,
  lockers,
  marked,
  marker,
  nothing,
  origRax,
  ptrace,
  sleep,
  sleeper,
  stopped,
  thread,
  wait,
  write,
} from '../relibc-steps.js';
import type { Reproduction } from '../reproduction.js';
import { library, onTwoCpus } from '../revisions.js';
import { statusText } from '../words.js';

const { SIGKILL } = abi;

export const REQUESTS: readonly Reproduction[] = [
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
    sound: [library('f389010f')],
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
        expected: ['ENOENT', 'ENOENT', 'ENOENT', 'ENOENT'],
      },
      {
        what: 'the marker of one whose child lives on',
        expected: ['there', 'there', 'there', 'ENOENT'],
      },
      {
        what: 'ptrace of that pid',
        expected: ['ESRCH', 'ESRCH', 'ESRCH', 'ESRCH'],
        linux: 'ESRCH',
      },
    ],
  },
];
