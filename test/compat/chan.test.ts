import { expect } from 'chai';
import type { Relibc } from '../../compat/index.js';
import { ChanScheme } from '../../compat/ipcd/chan-scheme.js';
import {
  EAGAIN,
  EBADF,
  EEXIST,
  ENOENT,
  EPIPE,
  EVENT_READ,
  EVENT_WRITE,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_RDWR,
  O_STAT,
  type SystemCalls,
} from '../../kernel-sim/abi/index.js';
import { print, run } from './on-kernel.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

function scheme() {
  const notices: [number, number][] = [];
  return { chan: new ChanScheme((id, events) => notices.push([id, events])), notices };
}

/** A listener, and a connection between a client and what was accepted of it. */
function connected() {
  const made = scheme();
  const { chan } = made;
  const listener = Number(chan.open('name', O_CREAT));
  const client = Number(chan.open('name', 0));
  const accepted = Number(chan.dup(listener, bytes('listen')));
  return { ...made, listener, client, accepted };
}

describe('a name of the chan: scheme', () => {
  it('is made by O_CREAT, once if that is exclusive', () => {
    const { chan } = scheme();
    expect(chan.open('name', O_CREAT | O_EXCL)).to.equal(0);
    expect(chan.open('name', O_CREAT | O_EXCL)).to.equal(-EEXIST);
  });

  it('is opened as a client where it exists, and not where it does not', () => {
    const { chan } = scheme();
    expect(chan.open('name', 0)).to.equal(-ENOENT);
    chan.open('name', O_CREAT);
    expect(chan.open('name', 0)).to.equal(1);
    expect(chan.open('name', O_CREAT)).to.equal(2);
    expect(chan.read(2, 1)).to.equal(undefined);
  });

  it('goes when its listener is closed', () => {
    const { chan } = scheme();
    chan.open('name', O_CREAT);
    expect(chan.close(0)).to.equal(0);
    expect(chan.open('name', 0)).to.equal(-ENOENT);
    expect(chan.close(0)).to.equal(-EBADF);
  });
});

describe('a listener of the chan: scheme', () => {
  it('waits for a client, or says EAGAIN', () => {
    const { chan } = scheme();
    chan.open('patient', O_CREAT);
    chan.open('busy', O_CREAT | O_NONBLOCK);
    expect(chan.dup(0, bytes('listen'))).to.equal(undefined);
    expect(chan.dup(1, bytes('listen'))).to.equal(-EAGAIN);
  });

  it('passes over clients that have gone', () => {
    const { chan } = scheme();
    chan.open('name', O_CREAT);
    const [gone, left] = [Number(chan.open('name', 0)), Number(chan.open('name', 0))];
    chan.close(gone);
    const accepted = Number(chan.dup(0, bytes('listen')));
    expect(chan.write(left, bytes('x'))).to.equal(1);
    expect(chan.read(accepted, 8)).to.deep.equal(Uint8Array.from(bytes('x')));
  });

  it('can neither be read nor written', () => {
    const { chan } = scheme();
    chan.open('name', O_CREAT);
    expect(chan.read(0, 1)).to.equal(-EBADF);
    expect(chan.write(0, bytes('x'))).to.equal(-EBADF);
  });
});

describe('a connection of the chan: scheme', () => {
  it('carries bytes both ways', () => {
    const { chan, client, accepted } = connected();
    chan.write(client, bytes('question'));
    chan.write(accepted, bytes('answer'));
    expect(chan.read(accepted, 5)).to.deep.equal(Uint8Array.from(bytes('quest')));
    expect(chan.read(accepted, 5)).to.deep.equal(Uint8Array.from(bytes('ion')));
    expect(chan.read(client, 99)).to.deep.equal(Uint8Array.from(bytes('answer')));
  });

  it('ends for the one when the other closes', () => {
    const { chan, client, accepted } = connected();
    chan.write(client, bytes('last'));
    chan.close(client);
    expect(chan.read(accepted, 9)).to.deep.equal(Uint8Array.from(bytes('last')));
    expect(chan.read(accepted, 9)).to.equal(0);
    expect(chan.write(accepted, bytes('x'))).to.equal(-EPIPE);
  });

  it('tells of events only when something becomes possible', () => {
    const { chan, notices, listener, client, accepted } = connected();
    expect(notices).to.deep.equal([
      [listener, EVENT_READ | EVENT_WRITE],
      [client, EVENT_WRITE],
    ]);
    notices.length = 0;
    chan.write(client, bytes('a'));
    chan.write(client, bytes('b'));
    chan.close(client);
    expect(notices).to.deep.equal([[accepted, EVENT_READ]]);
    expect(chan.fevent(accepted)).to.equal(EVENT_READ);
  });

  it('knows the name it came by at the accepting end', () => {
    const { chan, client, accepted } = connected();
    expect(chan.fpath(accepted)).to.deep.equal(Uint8Array.from(bytes('chan:name')));
    expect(chan.fpath(client)).to.equal(-EBADF);
  });
});

describe('ipcd on the kernel', () => {
  const send = (libc: Relibc, fd: number, text: string) => print(libc, text, fd);

  function* receive(libc: Relibc, fd: number): SystemCalls<string> {
    const { user } = libc;
    const mark = user.mark();
    const buffer = user.reserve(64);
    const length = yield* libc.read(fd, buffer, 64);
    const text = Buffer.from(user.memory.read(buffer, Math.max(length, 0))).toString('latin1');
    user.release(mark);
    return text;
  }

  it('connects two processes, each of which waits for the other', () => {
    run(function* (libc) {
      const listener = yield* libc.open('chan:greetings', O_CREAT | O_RDWR);
      const pid = yield* libc.fork(function* (child) {
        const fd = yield* child.open('chan:greetings', O_RDWR);
        yield* send(child, fd, 'hello');
        expect(yield* receive(child, fd)).to.equal('hello, too');
        return 1;
      });
      const client = yield* libc.dupNamed(listener, 'listen');
      expect(yield* receive(libc, client)).to.equal('hello');
      yield* send(libc, client, 'hello, too');
      expect((yield* libc.wait(pid)).status).to.equal(0x100);
      expect(yield* receive(libc, client)).to.equal('');
    });
  });

  it('keeps a marker while a fork of its process holds it', () => {
    run(function* (libc) {
      const holder = yield* libc.fork(function* (child) {
        yield* child.open('chan:marker', O_CREAT | O_EXCL | O_STAT);
        yield* child.fork(function* (grandchild) {
          for (let i = 0; i < 20; i++) yield* grandchild.schedYield();
          return 0;
        });
        return 0;
      });
      yield* libc.wait(holder);
      expect(yield* libc.open('chan:marker', O_STAT)).to.be.greaterThan(2);
      for (let i = 0; i < 60; i++) yield* libc.schedYield();
      expect(yield* libc.open('chan:marker', O_STAT)).to.equal(-1);
      expect(libc.errno).to.equal(ENOENT);
    });
  });
});
