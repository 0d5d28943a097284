// What other answers to TRACEME leave as it was: waiting for children that nobody traces, waitpid(2).
import { expect } from 'chai';
import {
  libcProfile,
  ptraceDaemon,
  type Relibc,
  shmDaemon,
  WUNTRACED,
  withTraceme,
} from '../../compat/index.js';
import { SIGCONT, SIGSTOP, type SystemCalls } from '../../kernel-sim/abi/index.js';
import { type Program, run, sleep } from './on-kernel.js';

function* stopsOnce(libc: Relibc): SystemCalls<number> {
  yield* libc.raise(SIGSTOP);
  return 7;
}

for (const [answer, daemon] of [
  ['shared-memory', shmDaemon],
  ['daemon', ptraceDaemon],
] as const) {
  describe(`waitpid for a child that nobody traces, by ${answer}`, () => {
    const library = withTraceme(libcProfile('a7b354c8'), answer);
    const runAnswer = (program: Program) => run(program, { library, daemon });

    it('tells of its stop who asked for that', () => {
      const seen: number[] = [];
      runAnswer(function* (libc) {
        const pid = yield* libc.fork(stopsOnce);
        seen.push((yield* libc.wait(pid, WUNTRACED)).status);
        yield* libc.kill(pid, SIGCONT);
        seen.push((yield* libc.wait(pid)).status);
      });
      expect(seen).to.deep.equal([0x137f, 0x0700]);
    });

    it('waits on when nobody asked', () => {
      const seen: number[] = [];
      runAnswer(function* (libc) {
        const pid = yield* libc.fork(stopsOnce);
        yield* libc.fork(function* (waker) {
          yield* sleep(waker);
          yield* waker.kill(pid, SIGCONT);
          return 0;
        });
        seen.push((yield* libc.wait(pid)).status);
      });
      expect(seen).to.deep.equal([0x0700]);
    });
  });
}
