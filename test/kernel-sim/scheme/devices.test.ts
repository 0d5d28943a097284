import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, machine, named, open, read, readText, run, structure, write } from '../machine.js';

describe('the console', () => {
  it('takes what is written to 1 and 2 apart', () => {
    const { output, kernel } = machine();
    const driven = kernel.attach('test');
    driven.run(write(driven.user, 1, 'to out'));
    driven.run(write(driven.user, 2, 'to err'));
    expect(output).to.deep.equal({ stdout: 'to out', stderr: 'to err' });
  });

  it('gives input in the pieces that are asked for, and then its end', () => {
    const driven = machine({ input: ['hello', '!'] }).kernel.attach('test');
    const text = (length: number) => driven.run(readText(driven.user, 0, length));
    expect([text(3), text(9), text(9), text(9)]).to.deep.equal(['hel', 'lo', '!', '']);
  });

  it('asks the host only when nobody else can run', () => {
    const order: string[] = [];
    const { kernel } = machine({ input: ['x'] });
    kernel.spawn({
      name: 'reader',
      *program(user) {
        order.push(yield* readText(user, 0));
        return 0;
      },
    });
    kernel.spawn({
      name: 'worker',
      *program() {
        for (let i = 0; i < 50; i++) yield* call(abi.SYS_YIELD);
        order.push('worked');
        return 0;
      },
    });
    kernel.run();
    expect(order).to.deep.equal(['worked', 'x']);
  });

  it('tells event queues of input, and of its end', () => {
    run(
      function* (user) {
        const queue = yield* open(user, 'event:', abi.O_RDWR);
        yield* write(user, queue, abi.Event.encode({ id: 0, flags: abi.EVENT_READ }));
        const texts: string[] = [];
        for (let i = 0; i < 2; i++) {
          yield* read(user, queue, abi.Event.size);
          texts.push(yield* readText(user, 0));
        }
        expect(texts).to.deep.equal(['typed', '']);
        return 0;
      },
      { input: ['typed'] },
    );
  });

  it('gives what the host has to who does not wait, and nothing while it has none', () => {
    let arrived = false;
    const driven = machine({ input: ['typed'], ready: () => arrived }).kernel.attach('test');
    const { user } = driven;
    driven.run(call(abi.SYS_FCNTL, 0, abi.F_SETFL, abi.O_NONBLOCK));
    expect(driven.run(readText(user, 0))).to.equal('');
    arrived = true;
    expect(driven.run(readText(user, 0, 2))).to.equal('ty');
    expect(driven.run(readText(user, 0))).to.equal('ped');
  });

  it('is found at no other path', () => {
    const driven = machine().kernel.attach('test');
    expect(named(driven.run(open(driven.user, 'debug:stdin', 0)))).to.equal('ENOENT');
  });
});

describe('null:, zero: and rand:', () => {
  const text = (path: string, seed = 1) => {
    const driven = machine({ seed }).kernel.attach('test');
    const fd = driven.run(open(driven.user, path, abi.O_RDWR));
    expect(driven.run(write(driven.user, fd, 'swallowed'))).to.equal(9);
    return Buffer.from(driven.run(read(driven.user, fd, 10)).bytes).toString('hex');
  };

  it('give nothing, zeros and noise', () => {
    expect(text('null:')).to.equal('');
    expect(text('zero:')).to.equal('00'.repeat(10));
    expect(text('rand:')).to.match(/^[0-9a-f]{20}$/);
  });

  it('give the same noise for the same seed only', () => {
    expect(text('rand:', 7)).to.equal(text('rand:', 7));
    expect(text('rand:', 7)).not.to.equal(text('rand:', 8));
  });
});

describe('memory:', () => {
  it('maps zeroed pages, one after the other from 0x10000000000', () => {
    const driven = machine().kernel.attach('test');
    const { user } = driven;
    const fd = driven.run(open(user, 'memory:', abi.O_RDWR));
    const at = user.reserve(abi.MapArguments.size);
    const map = (size: number) => {
      const flags = abi.PROT_READ | abi.PROT_WRITE;
      user.memory.write(at, abi.MapArguments.encode({ size, flags }));
      return driven.run(call(abi.SYS_FMAP, fd, at, abi.MapArguments.size));
    };
    const first = map(5000);
    expect(first).to.equal(0x100_0000_0000);
    expect(map(1)).to.equal(first + 0x2000);
    expect([...user.memory.read(first, 4)]).to.deep.equal([0, 0, 0, 0]);
    user.memory.store64(first + 0x1ff8, 7n);
    expect(map(0)).to.equal(0);
  });

  it('tells how much of it is free', () => {
    const { kernel } = machine();
    const driven = kernel.attach('test');
    const fd = driven.run(open(driven.user, 'memory:', abi.O_RDWR));
    const bytes = driven.run(structure(driven.user, fd, abi.StatVfs.size, abi.SYS_FSTATVFS));
    const { f_bsize, f_blocks, f_bfree } = abi.StatVfs.decode(bytes);
    expect(f_bsize).to.equal(4096);
    expect(f_bfree).to.be.within(1, f_blocks);
  });
});

describe('time:', () => {
  it('tells the time of the clock it was opened for', () => {
    const driven = machine().kernel.attach('test');
    const now = (clock: number) => {
      const fd = driven.run(open(driven.user, `time:${clock}`, abi.O_RDWR));
      const { bytes } = driven.run(read(driven.user, fd, abi.TimeSpec.size));
      return abi.TimeSpec.decode(bytes).tv_sec;
    };
    expect(now(abi.CLOCK_REALTIME)).to.equal(1_565_827_200);
    expect(now(abi.CLOCK_MONOTONIC)).to.equal(0);
  });

  for (const path of ['time:', 'time:2', 'time:x', 'time:-1']) {
    it(`has no clock ${path}`, () => {
      const driven = machine().kernel.attach('test');
      expect(named(driven.run(open(driven.user, path, abi.O_RDWR)))).to.equal('ENOENT');
    });
  }

  it('fires an event at the time written to it', () => {
    run(function* (user) {
      const clock = yield* open(user, `time:${abi.CLOCK_MONOTONIC}`, abi.O_RDWR);
      const queue = yield* open(user, 'event:', abi.O_RDWR);
      const event = { id: clock, flags: abi.EVENT_READ, data: 5n };
      yield* write(user, queue, abi.Event.encode(event));
      yield* write(user, clock, abi.TimeSpec.encode({ tv_sec: 3 }));
      const { bytes } = yield* read(user, queue, abi.Event.size);
      expect(abi.Event.decode(bytes)).to.deep.equal(event);
      const now = yield* read(user, clock, abi.TimeSpec.size);
      expect(abi.TimeSpec.decode(now.bytes).tv_sec).to.equal(3);
      return 0;
    });
  });
});
