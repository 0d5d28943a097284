import { expect } from 'chai';
import fc from 'fast-check';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, fork, named } from '../machine.js';
import { CODE, DATA } from './elf.js';
import { it } from './schedules.js';
import { calls, spin, Tracer } from './tracer.js';

const PAGE = 4096;
const UNMAPPED = 0x6666_0000;
/** `jmp .` */
const LOOP = Uint8Array.of(0xeb, 0xfe);

/** A process that loops at CODE, and its memory. */
function looping() {
  const tracer = new Tracer({ code: LOOP });
  const child = tracer.machineChild();
  const mem = tracer.open(child.pid, 'mem');
  const at = (address: number) => {
    expect(tracer.seek(mem, address)).to.equal(address);
    return mem;
  };
  return {
    tracer,
    child,
    mem,
    read: (address: number, length: number) => tracer.read(at(address), length),
    write: (address: number, bytes: Uint8Array) => tracer.write(at(address), bytes),
  };
}

describe('mem', () => {
  it('shows the program, at the offset and behind it', () => {
    const { tracer, mem, read } = looping();
    expect(read(CODE, 2).bytes).to.deep.equal(LOOP);
    expect(tracer.seek(mem, 0, abi.SEEK_CUR)).to.equal(CODE + 2);
    expect(tracer.read(mem, 1).bytes).to.deep.equal(Uint8Array.of(0));
  });

  it('reaches pages that the process never touched', () => {
    const { read, write } = looping();
    expect(read(DATA + 3 * PAGE, 4).bytes).to.deep.equal(new Uint8Array(4));
    expect(write(DATA + 2 * PAGE, Uint8Array.of(1, 2, 3))).to.equal(3);
    expect(read(DATA + 2 * PAGE, 4).bytes).to.deep.equal(Uint8Array.of(1, 2, 3, 0));
  });

  it('holds what was written, across page boundaries', () => {
    const { read, write } = looping();
    const ranges = fc.record({
      offset: fc.nat(2 * PAGE),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 2 * PAGE }),
    });
    fc.assert(
      fc.property(ranges, ({ offset, bytes }) => {
        expect(write(DATA + offset, bytes)).to.equal(bytes.length);
        expect(read(DATA + offset, bytes.length).bytes).to.deep.equal(bytes);
      }),
      { numRuns: 30 },
    );
  });

  it('can be written where the process itself cannot, and the code changes', () => {
    const { tracer, child, write } = looping();
    tracer.pause();
    // mov edi, 42; mov eax, 1; syscall
    const exit = [0xbf, 42, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0x0f, 0x05];
    expect(write(CODE + 2, Uint8Array.from(exit))).to.equal(12);
    expect(write(CODE, Uint8Array.of(0x90, 0x90))).to.equal(2);
    expect(tracer.wait(child.pid)).to.equal(42 << 8);
  });

  const missing = [
    { what: 'a page that is not mapped', address: UNMAPPED, length: 1 },
    { what: 'a range that runs out of its mapping', address: DATA + 4 * PAGE - 1, length: 2 },
    { what: 'a range that begins before it', address: DATA - 1, length: 2 },
    { what: 'the kernel', address: -4096, length: 1 },
    { what: 'nothing, at address 0', address: 0, length: 0 },
    { what: 'nothing, within a page that is not mapped', address: UNMAPPED + 1, length: 0 },
  ];
  for (const { what, address, length } of missing) {
    it(`is EFAULT at ${what}, and nothing moves`, () => {
      const { tracer, mem, read } = looping();
      tracer.seek(mem, address);
      expect(named(tracer.read(mem, length).result)).to.equal('EFAULT');
      expect(named(tracer.write(mem, new Uint8Array(length).fill(7)))).to.equal('EFAULT');
      expect(tracer.seek(mem, 0, abi.SEEK_CUR)).to.equal(Math.max(0, address));
      expect([...read(DATA + 4 * PAGE - 1, 1).bytes]).to.deep.equal([0]);
    });
  }

  it('takes nothing from, and gives nothing to, a mapped page', () => {
    const { read, write } = looping();
    expect(read(DATA, 0).result).to.equal(0);
    expect(write(DATA + 5, new Uint8Array(0))).to.equal(0);
  });

  it('sees only the low 48 bits of an offset (KP-68)', () => {
    const { read } = looping();
    expect(read(2 ** 50 + CODE, 2).bytes).to.deep.equal(LOOP);
  });

  it('is EFAULT of a zombie and ESRCH after that', () => {
    const tracer = new Tracer();
    const child = tracer.child(calls());
    const mem = tracer.open(child.pid, 'mem');
    tracer.pause();
    expect(named(tracer.read(mem, 1).result)).to.equal('EFAULT');
    tracer.wait(child.pid);
    expect(named(tracer.read(mem, 1).result)).to.equal('ESRCH');
    expect(named(tracer.write(mem, Uint8Array.of(1)))).to.equal('ESRCH');
  });

  it('seeks from a start, the offset, and the largest offset there is', () => {
    const { tracer, mem } = looping();
    expect(tracer.seek(mem, 100)).to.equal(100);
    expect(tracer.seek(mem, -30, abi.SEEK_CUR)).to.equal(70);
    expect(tracer.seek(mem, -300, abi.SEEK_CUR)).to.equal(0);
    expect(named(tracer.seek(mem, 0, 3))).to.equal('EBADF');
    // the low half of 2^63 - 1 looks like -EPERM
    expect(named(tracer.seek(mem, 0, abi.SEEK_END))).to.equal('EPERM');
    expect(named(tracer.seek(mem, 0x1_ffff_ffff))).to.equal('EPERM');
    // and the offset has moved all the same
    expect(tracer.seek(mem, 1, abi.SEEK_CUR)).to.equal(0x2_0000_0000);
  });
});

describe('mem of processes that share pages since a fork', () => {
  /** A parent with bytes on its stack, and its child; both spin. */
  function relatives() {
    const tracer = new Tracer();
    const found = { address: 0, child: 0 };
    const parent = tracer.child(function* (user) {
      found.address = user.reserve(2 * PAGE);
      user.memory.write(found.address, new Uint8Array(2 * PAGE).fill(1));
      found.child = yield* fork(user, spin);
      return yield* spin(user, []);
    });
    tracer.pause();
    const mem = (pid: number) => {
      const fd = tracer.open(pid, 'mem');
      return {
        read: (offset: number) => {
          tracer.seek(fd, found.address + offset);
          return tracer.read(fd, 1).bytes[0];
        },
        write: (offset: number, bytes: Uint8Array) => {
          tracer.seek(fd, found.address + offset);
          return tracer.write(fd, bytes);
        },
      };
    };
    return { parent: mem(parent.pid), child: mem(found.child) };
  }

  it('shows the same bytes until one is written, and then different ones', () => {
    const { parent, child } = relatives();
    expect([parent.read(0), child.read(0)]).to.deep.equal([1, 1]);
    child.write(0, Uint8Array.of(2));
    expect([parent.read(0), child.read(0)]).to.deep.equal([1, 2]);
    parent.write(1, Uint8Array.of(3));
    expect([parent.read(1), child.read(1)]).to.deep.equal([3, 1]);
  });

  it('parts a range that spans pages in one of them only', () => {
    const { parent, child } = relatives();
    parent.write(PAGE - 100, new Uint8Array(200).fill(9));
    const seen = [PAGE - 101, PAGE - 100, PAGE + 99, PAGE + 100];
    expect(seen.map((offset) => parent.read(offset))).to.deep.equal([1, 9, 9, 1]);
    expect(seen.map((offset) => child.read(offset))).to.deep.equal([1, 1, 1, 1]);
  });
});

describe('mem of threads', () => {
  it('is one memory', () => {
    const tracer = new Tracer();
    const found = { address: 0, thread: 0 };
    tracer.child(function* (user) {
      const map = user.reserve(abi.MapArguments.size);
      const flags = abi.PROT_READ | abi.PROT_WRITE;
      user.memory.write(map, abi.MapArguments.encode({ size: PAGE, flags }));
      const name = user.reserve(8);
      user.memory.write(name, Buffer.from('memory:'));
      const fd = yield* call(abi.SYS_OPEN, name, 7, abi.O_RDWR);
      found.address = yield* call(abi.SYS_FMAP, fd, map, abi.MapArguments.size);
      user.nextChild(spin);
      found.thread = yield* call(abi.SYS_CLONE, abi.CLONE_VM);
      user.memory.store8(found.address, 5);
      return yield* spin(user, []);
    });
    tracer.pause();
    const mem = tracer.open(found.thread, 'mem');
    tracer.seek(mem, found.address);
    expect([...tracer.read(mem, 1).bytes]).to.deep.equal([5]);
  });
});
