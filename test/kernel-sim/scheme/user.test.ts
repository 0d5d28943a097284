import { expect } from 'chai';
import type { HostedProgram, SystemCalls, Userspace } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { DeadlockError } from '../../../kernel-sim/index.js';
import {
  call,
  close,
  fork,
  machine,
  named,
  onPath,
  open,
  read,
  readText,
  run,
  write,
} from '../machine.js';

const { Packet } = abi;

/** Answers requests of a scheme until `requests` were served. */
function daemon(
  name: string,
  requests: number,
  serve: (user: Userspace, packet: abi.Packet) => number,
): HostedProgram {
  return function* (user) {
    const scheme = yield* open(user, `:${name}`, abi.O_CREAT | abi.O_RDWR);
    if (scheme < 0) return 1;
    for (let i = 0; i < requests; i++) {
      const { bytes } = yield* read(user, scheme, Packet.size);
      const packet = Packet.decode(bytes);
      yield* write(user, scheme, Packet.encode({ ...packet, a: serve(user, packet) }));
    }
    return 0;
  };
}

/** Lets a daemon start first. */
function* withDaemon(user: Userspace, program: HostedProgram): SystemCalls<number> {
  const pid = yield* fork(user, program);
  for (let i = 0; i < 4; i++) yield* call(abi.SYS_YIELD);
  return pid;
}

const textAt = (user: Userspace, address: number, length: number): string =>
  Buffer.from(user.memory.read(address, length)).toString('latin1');

describe('a scheme served by a daemon', () => {
  it('gets requests as packets and answers them', () => {
    const seen: string[] = [];
    const serve = (user: Userspace, { a, b, c, d, pid }: abi.Packet): number => {
      switch (a) {
        case abi.SYS_OPEN:
          seen.push(`open ${textAt(user, b, c)} by ${pid}`);
          return 42;
        case abi.SYS_WRITE:
          seen.push(`write ${b} ${textAt(user, c, d)}`);
          return d;
        case abi.SYS_READ:
          user.memory.write(c, Buffer.from('answer'));
          return 6;
        default:
          seen.push(abi.syscallName(a));
          return 0;
      }
    };
    run(function* (user) {
      yield* withDaemon(user, daemon('echo', 4, serve));
      const self = yield* call(abi.SYS_GETPID);
      const fd = yield* open(user, 'echo:some/path', abi.O_RDWR);
      expect(yield* write(user, fd, 'question')).to.equal(8);
      expect(yield* readText(user, fd, 32)).to.equal('answer');
      expect(yield* close(fd)).to.equal(0);
      const path = `open some/path by ${self}`;
      expect(seen).to.deep.equal([path, 'write 42 question', 'close']);
      return 0;
    });
  });

  it('passes on the error that the daemon answers', () => {
    run(function* (user) {
      yield* withDaemon(
        user,
        daemon('no', 1, () => -abi.EACCES),
      );
      expect(named(yield* open(user, 'no:way', 0))).to.equal('EACCES');
      return 0;
    });
  });

  it('shows a buffer at its offset within the page, and gives the page back', () => {
    const addresses: number[] = [];
    const serve = (_user: Userspace, { a, c }: abi.Packet): number => {
      if (a === abi.SYS_WRITE) addresses.push(c);
      return 1;
    };
    run(function* (user) {
      yield* withDaemon(user, daemon('page', 3, serve));
      const fd = yield* open(user, 'page:', 0);
      yield* write(user, fd, 'a');
      yield* write(user, fd, 'b');
      expect(addresses[0]).to.equal(addresses[1]);
      return 0;
    });
  });

  it('is ENODEV when the daemon has ended, its name staying taken', () => {
    run(function* (user) {
      yield* withDaemon(
        user,
        daemon('gone', 1, () => 7),
      );
      const fd = yield* open(user, 'gone:', 0);
      for (let i = 0; i < 4; i++) yield* call(abi.SYS_YIELD);
      expect(named(yield* open(user, 'gone:', 0))).to.equal('ENODEV');
      expect(named(yield* write(user, fd, 'x'))).to.equal('ENODEV');
      expect(named(yield* close(fd))).to.equal('ENODEV');
      expect(named(yield* open(user, ':gone', abi.O_CREAT))).to.equal('EEXIST');
      return 0;
    });
  });

  it('keeps a caller waiting whose request the daemon took and never answers', () => {
    const program: HostedProgram = function* (user) {
      yield* withDaemon(user, function* (own) {
        const scheme = yield* open(own, ':mute', abi.O_CREAT | abi.O_RDWR);
        yield* read(own, scheme, Packet.size);
        return 0;
      });
      yield* open(user, 'mute:', 0);
      return 0;
    };
    expect(() => run(program)).to.throw(DeadlockError, 'mute');
  });

  it('answers several callers in the order the daemon likes', () => {
    const opened: number[] = [];
    run(function* (user) {
      yield* withDaemon(user, function* (own) {
        const scheme = yield* open(own, ':swap', abi.O_CREAT | abi.O_RDWR);
        const packets: Uint8Array[] = [];
        while (packets.length < 2) packets.push((yield* read(own, scheme, Packet.size)).bytes);
        for (const bytes of packets.reverse()) {
          const packet = Packet.decode(bytes);
          yield* write(own, scheme, Packet.encode({ ...packet, a: packet.pid }));
        }
        return 0;
      });
      const client: HostedProgram = function* (own) {
        opened.push(yield* open(own, 'swap:', 0));
        return 0;
      };
      yield* fork(user, client);
      yield* fork(user, client);
      return 0;
    });
    expect(opened).to.deep.equal([3, 3]);
  });

  it('tells event queues of its files what the daemon says', () => {
    const serve = (_user: Userspace, { a }: abi.Packet): number => (a === abi.SYS_OPEN ? 9 : 0);
    run(function* (user) {
      const daemonPid = yield* withDaemon(user, function* (own) {
        const scheme = yield* open(own, ':bell', abi.O_CREAT | abi.O_RDWR);
        for (let i = 0; i < 2; i++) {
          const packet = Packet.decode((yield* read(own, scheme, Packet.size)).bytes);
          yield* write(own, scheme, Packet.encode({ ...packet, a: serve(own, packet) }));
        }
        const ring = { id: 0, a: abi.SYS_FEVENT, b: 9, c: abi.EVENT_READ };
        yield* write(own, scheme, Packet.encode(ring));
        yield* read(own, scheme, Packet.size);
        return 0;
      });
      const fd = yield* open(user, 'bell:', 0);
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      yield* write(user, queue, abi.Event.encode({ id: fd, flags: abi.EVENT_READ }));
      const { bytes } = yield* read(user, queue, abi.Event.size);
      expect(abi.Event.decode(bytes).id).to.equal(fd);
      yield* call(abi.SYS_KILL, daemonPid, abi.SIGKILL);
      return 0;
    });
  });
});

describe('the root scheme', () => {
  it('lists the schemes', () => {
    const driven = machine().kernel.attach('test');
    const fd = driven.run(open(driven.user, ':', abi.O_RDONLY));
    const names = driven.run(readText(driven.user, fd)).split('\n');
    expect(names).to.include.members(['debug', 'event', 'file', 'memory', 'proc', 'pipe', 'rand']);
  });

  it('lets only root make schemes', () => {
    const driven = machine().kernel.attach('test', { uid: 1000, gid: 1000 });
    expect(named(driven.run(open(driven.user, ':mine', abi.O_CREAT)))).to.equal('EACCES');
  });

  it('gives a daemon EAGAIN under O_NONBLOCK and the end when the name is removed', () => {
    const driven = machine().kernel.attach('test');
    const { user } = driven;
    const flags = abi.O_CREAT | abi.O_RDWR | abi.O_NONBLOCK;
    const fd = driven.run(open(user, ':mine', flags));
    expect(named(driven.run(read(user, fd, Packet.size)).result)).to.equal('EAGAIN');
    expect(driven.run(onPath(user, abi.SYS_UNLINK, ':mine'))).to.equal(0);
    expect(driven.run(read(user, fd, Packet.size)).result).to.equal(0);
    expect(named(driven.run(open(user, 'mine:', 0)))).to.equal('ENODEV');
  });
});

describe('namespaces', () => {
  /** MKNS with some names. */
  function* mkns(user: Userspace, names: string[]): SystemCalls<number> {
    const pairs = user.reserve(names.length * 16);
    for (const [index, name] of names.entries()) {
      const at = user.reserve(name.length);
      user.memory.write(at, Buffer.from(name));
      user.memory.storeNumber(pairs + index * 16, at);
      user.memory.storeNumber(pairs + index * 16 + 8, name.length);
    }
    return yield* call(abi.SYS_MKNS, pairs, names.length);
  }

  it('hold the names they were made with, and no way back', () => {
    const driven = machine().kernel.attach('test');
    const { user } = driven;
    expect(driven.run(call(abi.SYS_GETENS))).to.equal(1);
    const namespace = driven.run(mkns(user, ['null', 'file']));
    expect(driven.run(call(abi.SYS_SETRENS, namespace, namespace))).to.equal(0);
    expect(driven.run(open(user, 'null:', 0))).to.equal(3);
    expect(named(driven.run(open(user, 'zero:', 0)))).to.equal('ENODEV');
    expect(driven.run(call(abi.SYS_SETRENS, 0, 0))).to.equal(0);
    expect(named(driven.run(open(user, 'null:', 0)))).to.equal('ENODEV');
    expect(named(driven.run(call(abi.SYS_SETRENS, 1, 1)))).to.equal('EPERM');
  });

  it('have schemes of their own besides, from the root scheme to time:', () => {
    const driven = machine().kernel.attach('test');
    const { user } = driven;
    const namespace = driven.run(mkns(user, ['null']));
    driven.run(call(abi.SYS_SETRENS, namespace, namespace));
    const list = driven.run(open(user, ':', 0));
    const names = driven.run(readText(user, list)).trimEnd().split('\n');
    expect(names).to.deep.equal(['', 'event', 'itimer', 'memory', 'null', 'sys', 'time']);
    expect(driven.run(open(user, ':mine', abi.O_CREAT))).to.be.greaterThan(0);
    expect(named(driven.run(mkns(user, ['memory'])))).to.equal('EEXIST');
  });

  it('keep what was made in one of them out of the others', () => {
    const { kernel } = machine();
    const driven = kernel.attach('test');
    const { user } = driven;
    const namespace = driven.run(mkns(user, []));
    driven.run(call(abi.SYS_SETRENS, -1, namespace));
    driven.run(open(user, ':mine', abi.O_CREAT));
    const other = kernel.attach('other');
    expect(named(other.run(open(other.user, 'mine:', 0)))).to.equal('ENODEV');
    expect(other.run(open(other.user, ':mine', abi.O_CREAT))).to.be.greaterThan(0);
  });

  it('set to -1 is -1 for root, and no change for others', () => {
    const root = machine().kernel.attach('test');
    root.run(call(abi.SYS_SETRENS, 1, -1));
    expect([root.context.rns, root.context.ens]).to.deep.equal([1, -1]);
    const other = machine().kernel.attach('test', { uid: 1, gid: 1 });
    expect(other.run(call(abi.SYS_SETRENS, -1, -1))).to.equal(0);
    expect([other.context.rns, other.context.ens]).to.deep.equal([1, 1]);
    expect(named(other.run(call(abi.SYS_SETRENS, 2, -1)))).to.equal('EPERM');
  });

  it('are made of names that exist, by root', () => {
    const root = machine().kernel.attach('test');
    expect(named(root.run(mkns(root.user, ['nowhere'])))).to.equal('ENODEV');
    const other = machine().kernel.attach('test', { uid: 1, gid: 1 });
    expect(named(other.run(mkns(other.user, ['null'])))).to.equal('EACCES');
  });
});
