// Reproductions: attaching and closing, stopped and frozen processes, signals and their statuses.
import * as abi from '../../../kernel-sim/abi/index.js';
import type { Reproduction } from '../reproduction.js';
import { changed, kernel } from '../revisions.js';
import {
  attach,
  calls,
  getpid,
  handle,
  handlerOf,
  opens,
  PRE,
  raise,
  spin,
  stoppedChild,
} from '../steps.js';

const { O_EXCL, O_RDWR, O_TRUNC, SIGCONT, SIGKILL, SIGSTOP, SIGUSR1, WNOHANG, WUNTRACED } = abi;

export const PROCESSES: readonly Reproduction[] = [
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
    sound: [changed('P12', { 'KP-44': false })],
    run(lab) {
      const pid = stoppedChild(lab);
      lab.kill(pid, SIGKILL);
      lab.pause();
      lab.see('SIGKILL while it is stopped', lab.wait(pid, WNOHANG));
      if (lab.seen.get('SIGKILL while it is stopped') === '0') {
        lab.kill(pid, SIGCONT);
        lab.see('after SIGCONT', lab.wait(pid));
      }

      if (lab.operations) return;
      const other = stoppedChild(lab);
      lab.close(lab.opened(`proc:${other}/trace`, O_RDWR | O_EXCL));
      lab.pause();
      lab.see('closing an O_EXCL trace of another', lab.wait(other, WNOHANG));
    },
    sights: [
      {
        what: 'SIGKILL while it is stopped',
        expected: ['0', '0', '0', 'killed by SIGKILL'],
        linux: 'killed by SIGKILL',
      },
      {
        what: 'after SIGCONT',
        expected: ['killed by SIGKILL', 'killed by SIGKILL', 'killed by SIGKILL', '-'],
      },
      {
        what: 'closing an O_EXCL trace of another',
        expected: ['-', '0', '0', 'killed by SIGKILL'],
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
];
