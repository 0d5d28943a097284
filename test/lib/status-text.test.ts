// Wait statuses in words; what they mean: wait(2), and ptrace(2), "Stopped states".
import { expect } from 'chai';
import { PTRACE_EVENT_EXEC, PTRACE_EVENT_FORK, SIGTRAP, statusText } from '../../lib/index.js';

describe('statusText', () => {
  const cases: readonly [status: number, text: string][] = [
    [0x0000, 'exited 0'],
    [0x0300, 'exited 3'],
    [0x000b, 'killed by SIGSEGV'],
    [0x008b, 'killed by SIGSEGV (core dumped)'],
    [0x137f, 'stopped by SIGSTOP'],
    [0x057f, 'stopped by SIGTRAP'],
    [((SIGTRAP | 0x80) << 8) | 0x7f, 'stopped by SIGTRAP|0x80'],
    [(SIGTRAP << 8) | (PTRACE_EVENT_FORK << 16) | 0x7f, 'stopped by SIGTRAP, PTRACE_EVENT_FORK'],
    [(SIGTRAP << 8) | (PTRACE_EVENT_EXEC << 16) | 0x7f, 'stopped by SIGTRAP, PTRACE_EVENT_EXEC'],
    [0xffff, 'continued'],
  ];
  for (const [status, text] of cases) {
    it(`says \`${text}\` of 0x${status.toString(16)}`, () => {
      expect(statusText(status)).to.equal(text);
    });
  }
});
