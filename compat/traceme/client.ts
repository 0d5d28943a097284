// TRACEME by a daemon that owns all sessions: ptrace() and waitpid() are requests to the scheme
// ptrace:, which the author was "almost tempted" to write.
import type { SystemCalls } from '../../kernel-sim/abi/index.js';
import { O_CLOEXEC, O_RDWR } from '../../kernel-sim/abi/index.js';
import { PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_TRACEME } from '../headers/sys-ptrace.js';
import { user_regs_struct } from '../headers/sys-user.js';
import type { Libc } from '../libc.js';
import { close, open, read, write } from '../pal/files.js';
import { getppid } from '../pal/identity.js';
import { IS_TRACED, Message, WAIT, WaitAnswer } from './protocol.js';
import type { TracemeStrategy, Waited } from './strategy.js';

const REGISTERS = user_regs_struct.size;

export const daemon: TracemeStrategy = {
  *traceMe(libc: Libc): SystemCalls<number> {
    const data = yield* getppid(libc);
    return yield* ask(libc, Message.encode({ request: PTRACE_TRACEME, pid: 0, data }));
  },

  *isTraced(libc: Libc, pid: number): SystemCalls<boolean> {
    return (yield* ask(libc, Message.encode({ request: IS_TRACED, pid, data: 0 }))) === 1;
  },

  elsewhere: {
    *ptrace(libc: Libc, request: number, pid: number, data: number): SystemCalls<number> {
      const { memory } = libc.user;
      if (request === PTRACE_GETREGS) {
        const message = Message.encode({ request, pid, data: 0 });
        const registers = new Uint8Array(REGISTERS);
        const result = yield* ask(libc, message, registers);
        if (result !== -1) memory.write(data, registers);
        return result === -1 ? -1 : 0;
      }
      if (request !== PTRACE_SETREGS) {
        return yield* ask(libc, Message.encode({ request, pid, data }));
      }
      const message = new Uint8Array(Message.size + REGISTERS);
      message.set(Message.encode({ request, pid, data: 0 }));
      message.set(memory.read(data, REGISTERS), Message.size);
      return yield* ask(libc, message);
    },

    *waitpid(libc: Libc, pid: number, options: number): SystemCalls<Waited | undefined> {
      const bytes = new Uint8Array(WaitAnswer.size);
      const message = Message.encode({ request: WAIT, pid, data: options });
      const result = yield* ask(libc, message, bytes);
      if (result !== 1) return undefined;
      const answer = WaitAnswer.decode(bytes);
      return { result: answer.pid, status: answer.status };
    },
  },
};

/** The daemon's result, or -1 with errno set; what it gives beside is copied to `reply`. */
function* ask(libc: Libc, message: Uint8Array, reply?: Uint8Array): SystemCalls<number> {
  const { user } = libc;
  const file = yield* open(libc, 'ptrace:', O_RDWR | O_CLOEXEC);
  if (file === -1) return -1;
  const mark = user.mark();
  const result = yield* write(libc, file, libc.scratch(message), message.length);
  if (result > 0 && reply !== undefined) {
    const buffer = user.reserve(reply.length);
    yield* read(libc, file, buffer, reply.length);
    user.memory.readInto(buffer, reply);
  }
  user.release(mark);
  const { errno } = libc;
  yield* close(libc, file);
  libc.errno = errno;
  return result;
}
