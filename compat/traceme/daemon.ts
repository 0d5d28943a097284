// The daemon behind ptrace:, a scheme that relibc's author weighed: one process has all sessions, so
// that it can be told of TRACEME and asked about stops. It attaches when a process asks to be traced,
// and waits on an event queue for requests and for what happens to tracees.
import type { HostedProgram, Packet, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import {
  EBADF,
  EINVAL,
  EIO,
  ENOSYS,
  EPERM,
  ESRCH,
  EVENT_READ,
  Event,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  SYS_CLOSE,
  SYS_OPEN,
  SYS_READ,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import { PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_TRACEME } from '../headers/sys-ptrace.js';
import { WNOHANG } from '../headers/sys-wait.js';
import { createScheme, type Outcome, Requests, store } from '../ipcd/serve.js';
import { Libc, STATICS_SIZE } from '../libc.js';
import { close, open, read, write } from '../pal/files.js';
import { libcProfile } from '../profiles.js';
import { IS_TRACED, Message, WAIT, WaitAnswer } from './protocol.js';
import { Tracee } from './tracees.js';

export const ptraceDaemon: HostedProgram = function* (user) {
  const socket = yield* createScheme(user, 'ptrace', O_NONBLOCK);
  if (socket < 0) return 1;
  const statics = user.reserve(STATICS_SIZE);
  const libc = new Libc(user, libcProfile(), { statics, sessions: new Map() });
  const queue = yield* open(libc, 'event:', O_RDWR | O_CLOEXEC);
  const daemon = new PtraceDaemon(libc, queue);
  const requests = new Requests(user, socket, (_, packet) => daemon.answer(user, packet));
  yield* daemon.watch(socket);
  const event = user.reserve(Event.size);
  while ((yield* read(libc, queue, event, Event.size)) > 0) {
    const { id } = Event.decode(user.memory.read(event, Event.size));
    if (id === socket) while ((yield* requests.next()) > 0);
    else {
      yield* daemon.update(id);
      yield* requests.retry();
    }
  }
  return 0;
};

class PtraceDaemon {
  readonly #tracees = new Map<number, Tracee>();
  /** What the last request of each handle left to be read. */
  readonly #replies = new Map<number, Uint8Array>();
  /** Who was told to ask the kernel and has not been heard of since. */
  readonly #inKernel = new Set<number>();
  #nextId = 0;

  constructor(
    private readonly libc: Libc,
    private readonly queue: number,
  ) {}

  /** Asks for events of a file. */
  *watch(file: number): SystemCalls<void> {
    const mark = this.libc.user.mark();
    const event = Event.encode({ id: file, flags: EVENT_READ });
    yield* write(this.libc, this.queue, this.libc.scratch(event), event.length);
    this.libc.user.release(mark);
  }

  *answer(user: Userspace, { a: call, b, c, d, pid }: Packet): SystemCalls<Outcome> {
    switch (call) {
      case SYS_OPEN:
        this.#replies.set(this.#nextId, new Uint8Array(0));
        return this.#nextId++;
      case SYS_WRITE:
        if (!this.#replies.has(b)) return -EBADF;
        return d < Message.size ? -EINVAL : yield* this.#request(b, pid, user.memory.read(c, d));
      case SYS_READ:
        return store(user, this.#replies.get(b) ?? -EBADF, c, d);
      case SYS_CLOSE:
        return this.#replies.delete(b) ? 0 : -EBADF;
      default:
        return -ENOSYS;
    }
  }

  /** Something happened to the tracee whose trace file that is. */
  *update(file: number): SystemCalls<void> {
    for (const tracee of this.#tracees.values()) {
      if (tracee.trace !== file) continue;
      const lives = yield* tracee.update(this.libc, this.#inKernel.has(tracee.tracer));
      if (!lives) yield* this.#forget(tracee);
      return;
    }
  }

  *#request(handle: number, caller: number, bytes: Uint8Array): SystemCalls<Outcome> {
    const { request, pid, data } = Message.decode(bytes);
    this.#inKernel.delete(caller);
    if (request === PTRACE_TRACEME) return yield* this.#traceMe(caller, data);
    if (request === WAIT) return this.#wait(handle, caller, pid, data);
    const tracee = this.#tracees.get(pid);
    if (request === IS_TRACED) return Number(tracee?.tracer === caller);
    if (tracee === undefined || tracee.tracer !== caller || tracee.running) return -ESRCH;
    return yield* this.#perform(tracee, handle, request, data, bytes.subarray(Message.size));
  }

  *#perform(
    tracee: Tracee,
    handle: number,
    request: number,
    data: number,
    registers: Uint8Array,
  ): SystemCalls<number> {
    const { libc } = this;
    if (request === PTRACE_GETREGS) {
      const read = yield* tracee.readRegisters(libc);
      if (read === undefined) return -libc.errno;
      this.#replies.set(handle, read);
      return read.length;
    }
    if (request === PTRACE_SETREGS) {
      return (yield* tracee.writeRegisters(libc, registers)) === -1 ? -libc.errno : 0;
    }
    return (yield* tracee.resume(libc, request, data)) ? 0 : -EIO;
  }

  *#traceMe(pid: number, tracer: number): SystemCalls<number> {
    const { libc } = this;
    if (this.#tracees.has(pid)) return -EPERM;
    const trace = yield* open(libc, `proc:${pid}/trace`, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (trace === -1) return -libc.errno;
    const registers = yield* open(libc, `proc:${pid}/regs/int`, O_RDWR | O_CLOEXEC);
    const tracee = new Tracee(pid, tracer, trace, registers);
    this.#tracees.set(pid, tracee);
    yield* this.watch(trace);
    yield* tracee.arm(libc);
    return 0;
  }

  #wait(handle: number, caller: number, pid: number, options: number): Outcome {
    const mine = [...this.#tracees.values()].filter(
      (tracee) => tracee.tracer === caller && (pid === 0 || pid === tracee.pid),
    );
    for (const tracee of mine) {
      if (tracee.stop === undefined || tracee.reported) continue;
      tracee.reported = true;
      this.#replies.set(handle, WaitAnswer.encode({ pid: tracee.pid, status: tracee.stop }));
      return 1;
    }
    if ((options & WNOHANG) === 0 && mine.some(({ running }) => running)) return undefined;
    this.#inKernel.add(caller);
    return 0;
  }

  *#forget(tracee: Tracee): SystemCalls<void> {
    this.#tracees.delete(tracee.pid);
    yield* close(this.libc, tracee.trace);
    yield* close(this.libc, tracee.registers);
  }
}
