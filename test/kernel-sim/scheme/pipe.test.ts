import { expect } from 'chai';
import type { SystemCalls, Userspace } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, close, fork, named, open, read, readText, run, wait, write } from '../machine.js';

function* pipe(user: Userspace, flags = 0): SystemCalls<[read: number, write: number]> {
  const at = user.reserve(16);
  const result = yield* call(abi.SYS_PIPE2, at, flags);
  if (result !== 0) throw new Error(abi.errnoName(-result));
  return [user.memory.loadNumber(at), user.memory.loadNumber(at + 8)];
}

describe('a pipe', () => {
  it('keeps bytes in order, across writes', () => {
    run(function* (user) {
      const [reader, writer] = yield* pipe(user);
      yield* write(user, writer, 'abc');
      yield* write(user, writer, 'def');
      expect(yield* readText(user, reader, 4)).to.equal('abcd');
      expect(yield* readText(user, reader, 4)).to.equal('ef');
      return 0;
    });
  });

  it('lets a reader wait for a child that writes, and ends with the child', () => {
    run(function* (user) {
      const [reader, writer] = yield* pipe(user);
      const child = yield* fork(user, function* (own) {
        yield* write(own, writer, 'from below');
        return 3;
      });
      yield* close(writer);
      expect(yield* readText(user, reader)).to.equal('from below');
      expect(yield* readText(user, reader)).to.equal('');
      expect(abi.wexitstatus(yield* wait(user, child))).to.equal(3);
      return 0;
    });
  });

  it('interrupts a waiting reader when a signal is handled', () => {
    run(function* (user) {
      const [reader] = yield* pipe(user);
      const parent = yield* call(abi.SYS_GETPID);
      const action = user.reserve(abi.SigAction.size);
      const handled: number[] = [];
      const handler = user.handlerAddress(function* (signal) {
        handled.push(signal);
        yield 'pause';
      });
      user.memory.write(action, abi.SigAction.encode({ sa_handler: handler }));
      yield* call(abi.SYS_SIGACTION, abi.SIGUSR1, action, 0, 0);
      yield* fork(user, function* () {
        for (let i = 0; i < 4; i++) yield* call(abi.SYS_YIELD);
        yield* call(abi.SYS_KILL, parent, abi.SIGUSR1);
        return 0;
      });
      const { result } = yield* read(user, reader, 8);
      expect(named(result)).to.equal('EINTR');
      expect(handled).to.deep.equal([abi.SIGUSR1]);
      return 0;
    });
  });

  it('has a kind of its own in FSTAT and no place to seek', () => {
    run(function* (user) {
      const [reader] = yield* pipe(user);
      const at = user.reserve(abi.Stat.size);
      yield* call(abi.SYS_FSTAT, reader, at, abi.Stat.size);
      const mode = abi.Stat.decode(user.memory.read(at, abi.Stat.size)).st_mode;
      expect(mode).to.equal(abi.MODE_FIFO | 0o666);
      expect(named(yield* call(abi.SYS_LSEEK, reader, 0, 0))).to.equal('ESPIPE');
      return 0;
    });
  });

  const refusals: {
    what: string;
    errno: string;
    act: (user: Userspace) => SystemCalls<number>;
  }[] = [
    {
      what: 'reading the end to write',
      errno: 'EBADF',
      *act(user) {
        const [, writer] = yield* pipe(user);
        return (yield* read(user, writer, 1)).result;
      },
    },
    {
      what: 'writing the end to read',
      errno: 'EBADF',
      *act(user) {
        const [reader] = yield* pipe(user);
        return yield* write(user, reader, 'x');
      },
    },
    {
      what: 'writing to nobody',
      errno: 'EPIPE',
      *act(user) {
        const [reader, writer] = yield* pipe(user);
        yield* close(reader);
        return yield* write(user, writer, 'x');
      },
    },
    {
      what: 'reading nothing under O_NONBLOCK',
      errno: 'EAGAIN',
      *act(user) {
        const [reader] = yield* pipe(user, abi.O_NONBLOCK);
        return (yield* read(user, reader, 1)).result;
      },
    },
    {
      what: 'PIPE2 into nowhere',
      errno: 'EFAULT',
      act: () => call(abi.SYS_PIPE2, 0x6666_0000, 0),
    },
    {
      what: 'opening pipe: by path',
      errno: 'ENOENT',
      act: (user) => open(user, 'pipe:', abi.O_RDWR),
    },
  ];
  for (const { what, errno, act } of refusals) {
    it(`refuses ${what} with ${errno}`, () => {
      run(function* (user) {
        expect(named(yield* act(user))).to.equal(errno);
        return 0;
      });
    });
  }

  it('gives descriptors with O_CLOEXEC when asked to', () => {
    run(function* (user) {
      const [reader, writer] = yield* pipe(user, abi.O_CLOEXEC);
      for (const end of [reader, writer]) {
        expect(yield* call(abi.SYS_FCNTL, end, abi.F_GETFD)).to.equal(abi.O_CLOEXEC);
      }
      return 0;
    });
  });
});

describe('event queues', () => {
  it('tell which of several pipes has data', () => {
    run(function* (user) {
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      const pipes = [yield* pipe(user), yield* pipe(user)];
      for (const [index, [reader]] of pipes.entries()) {
        const event = { id: reader, flags: abi.EVENT_READ, data: BigInt(index) };
        yield* write(user, queue, abi.Event.encode(event));
      }
      yield* write(user, pipes[1][1], 'x');
      yield* write(user, pipes[0][1], 'y');
      const { result, bytes } = yield* read(user, queue, 4 * abi.Event.size);
      expect(result).to.equal(2 * abi.Event.size);
      expect(abi.Event.decode(bytes).data).to.equal(1n);
      expect(abi.Event.decode(bytes, abi.Event.size).data).to.equal(0n);
      return 0;
    });
  });

  it('hear of nothing that they did not ask for', () => {
    run(function* (user) {
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      const pipes = [yield* pipe(user), yield* pipe(user)];
      const wanted = [abi.EVENT_WRITE, abi.EVENT_READ];
      for (const [index, [reader]] of pipes.entries()) {
        yield* write(user, queue, abi.Event.encode({ id: reader, flags: wanted[index] }));
      }
      for (const [, writer] of pipes) yield* write(user, writer, 'x');
      const { result, bytes } = yield* read(user, queue, 4 * abi.Event.size);
      expect(result).to.equal(abi.Event.size);
      expect(abi.Event.decode(bytes).id).to.equal(pipes[1][0]);
      return 0;
    });
  });

  it('hear at once of what was there before', () => {
    run(function* (user) {
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      const [reader, writer] = yield* pipe(user);
      yield* write(user, writer, 'x');
      yield* write(user, queue, abi.Event.encode({ id: reader, flags: abi.EVENT_READ }));
      const { bytes } = yield* read(user, queue, abi.Event.size);
      expect(abi.Event.decode(bytes).id).to.equal(reader);
      return 0;
    });
  });

  it('forget a subscription with no flags, and the file when it closes', () => {
    run(function* (user) {
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      const other = yield* pipe(user);
      const [reader, writer] = yield* pipe(user);
      yield* write(user, queue, abi.Event.encode({ id: reader, flags: abi.EVENT_READ }));
      yield* write(user, queue, abi.Event.encode({ id: other[0], flags: abi.EVENT_READ }));
      yield* write(user, queue, abi.Event.encode({ id: reader, flags: 0 }));
      yield* write(user, writer, 'unheard');
      yield* write(user, other[1], 'heard');
      const { result, bytes } = yield* read(user, queue, 4 * abi.Event.size);
      expect(result).to.equal(abi.Event.size);
      expect(abi.Event.decode(bytes).id).to.equal(other[0]);
      return 0;
    });
  });

  it('refuse a descriptor that is not open, and read nothing into less than one event', () => {
    run(function* (user) {
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      const event = abi.Event.encode({ id: 99, flags: abi.EVENT_READ });
      expect(named(yield* write(user, queue, event))).to.equal('EBADF');
      expect((yield* read(user, queue, abi.Event.size - 1)).result).to.equal(0);
      return 0;
    });
  });
});
