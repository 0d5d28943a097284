// Memory of processes: what a fork copies, what a clone shares, heap, grants, protection, and the
// buffers of system calls. Addresses: consts.rs of 2019.
import { expect } from 'chai';
import {
  CLONE_STACK,
  CLONE_VM,
  EFAULT,
  ENOMEM,
  type HostedProgram,
  MapArguments,
  O_RDWR,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  SYS_BRK,
  SYS_CLOCK_GETTIME,
  SYS_CLONE,
  SYS_FMAP,
  SYS_FUNMAP,
  SYS_MPROTECT,
  SYS_OPEN,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
  SYS_YIELD,
  type SystemCalls,
  type Userspace,
} from '../../kernel-sim/abi/index.js';
import { call, check, fork, machine, open, wait } from './machine.js';

const HEAP = 0x80_0000_0000;
const GRANTS = 0x100_0000_0000;
const PAGE = 4096;

function* map(user: Userspace, size: number, flags: number): SystemCalls<number> {
  const file = yield* open(user, 'memory:', O_RDWR);
  const mark = user.mark();
  const at = user.reserve(MapArguments.size);
  user.memory.write(at, MapArguments.encode({ size, flags }));
  const address = yield* call(SYS_FMAP, file, at, MapArguments.size);
  user.release(mark);
  return address;
}

const READ_WRITE = PROT_READ | PROT_WRITE;

describe('memory after a fork', () => {
  it('is the same in both until one writes, then its own', () => {
    check(function* (user) {
      const at = user.reserve(3 * PAGE);
      user.memory.write(at, new Uint8Array(3 * PAGE).fill(1));
      const pid = yield* fork(user, function* (child) {
        expect(child.memory.load8(at)).to.equal(1);
        child.memory.store8(at + PAGE, 2);
        yield* call(SYS_YIELD);
        expect(child.memory.load8(at + 2 * PAGE)).to.equal(1);
        return child.memory.load8(at + PAGE);
      });
      expect(user.memory.load8(at + PAGE)).to.equal(1);
      user.memory.store8(at + 2 * PAGE, 3);
      expect(yield* wait(user, pid)).to.equal(0x0200);
      expect(user.memory.load8(at + 2 * PAGE)).to.equal(3);
    });
  });

  it('stays apart through generations, and no frame is left behind', () => {
    check(function* (user) {
      yield* call(SYS_BRK, HEAP + PAGE);
      user.memory.store8(HEAP, 10);
      const generation = (depth: number): HostedProgram =>
        function* (self) {
          self.memory.store8(HEAP, depth);
          if (depth === 0) return 0;
          const pid = yield* fork(self, generation(depth - 1));
          yield* call(SYS_WAITPID, pid, 0, 0);
          return self.memory.load8(HEAP) === depth ? 0 : 1;
        };
      const pid = yield* fork(user, generation(5));
      expect(yield* wait(user, pid)).to.equal(0);
      expect(user.memory.load8(HEAP)).to.equal(10);
    });
  });

  it('takes no frame for pages that nobody writes', () => {
    const { kernel } = machine();
    kernel.spawn({
      *program(user) {
        user.memory.write(user.reserve(64 * PAGE), new Uint8Array(64 * PAGE).fill(1));
        const before = kernel.cpu.memory.allocated;
        yield* fork(user, function* () {
          expect(kernel.cpu.memory.allocated).to.equal(before);
          yield 'pause';
          return 0;
        });
        return 0;
      },
    });
    kernel.run();
  });
});

describe('memory of a clone with CLONE_VM', () => {
  it('shares heap and grants, but neither stack', () => {
    check(function* (user) {
      yield* call(SYS_BRK, HEAP + PAGE);
      const stack = user.reserve(8);
      user.memory.store8(stack, 1);
      user.nextChild(function* (child) {
        child.memory.store8(HEAP, 7);
        child.memory.store8(stack, 7);
        const grant = yield* map(child, PAGE, READ_WRITE);
        child.memory.store8(grant, 7);
        return 0;
      });
      const pid = yield* call(SYS_CLONE, CLONE_VM);
      expect(yield* wait(user, pid)).to.equal(0);
      expect(user.memory.load8(HEAP)).to.equal(7);
      expect(user.memory.load8(GRANTS)).to.equal(7);
      expect(user.memory.load8(stack)).to.equal(1);
    });
  });

  it('shares the stack as well with CLONE_STACK', () => {
    check(function* (user) {
      const stack = user.reserve(8);
      user.nextChild(function* (child) {
        child.memory.store8(stack, 7);
        yield 'pause';
        return 0;
      });
      const pid = yield* call(SYS_CLONE, CLONE_VM | CLONE_STACK, stack - PAGE);
      expect(yield* wait(user, pid)).to.equal(0);
      expect(user.memory.load8(stack)).to.equal(7);
    });
  });
});

describe('brk', () => {
  it('starts at 0x80_0000_0000 and moves to the byte', () => {
    check(function* (user) {
      expect(yield* call(SYS_BRK, 0)).to.equal(HEAP);
      expect(yield* call(SYS_BRK, HEAP + 100)).to.equal(HEAP + 100);
      expect(yield* call(SYS_BRK, 0)).to.equal(HEAP + 100);
      expect(yield* call(SYS_BRK, 1)).to.equal(-ENOMEM);
      expect(user.memory.accessible(HEAP + PAGE - 1, 1, true)).to.equal(true);
      expect(user.memory.accessible(HEAP + PAGE, 1, false)).to.equal(false);
    });
  });

  it('gives zeroes for what was given back before', () => {
    check(function* (user) {
      yield* call(SYS_BRK, HEAP + 4 * PAGE);
      user.memory.write(HEAP, new Uint8Array(4 * PAGE).fill(0xaa));
      yield* call(SYS_BRK, HEAP + 100);
      yield* call(SYS_BRK, HEAP + 4 * PAGE);
      expect(user.memory.load8(HEAP + 99)).to.equal(0xaa);
      expect(user.memory.load8(HEAP + 100)).to.equal(0);
      expect(user.memory.load8(HEAP + 2 * PAGE)).to.equal(0);
    });
  });
});

describe('FMAP of memory:', () => {
  it('takes the first gap, and FUNMAP gives back the whole of it', () => {
    check(function* (user) {
      const first = yield* map(user, 1, READ_WRITE);
      const second = yield* map(user, 2 * PAGE, READ_WRITE);
      expect([first, second]).to.deep.equal([GRANTS, GRANTS + PAGE]);
      yield* call(SYS_FUNMAP, first);
      expect(user.memory.accessible(first, 1, false)).to.equal(false);
      expect(yield* map(user, 2 * PAGE, READ_WRITE)).to.equal(GRANTS + 3 * PAGE);
      expect(yield* map(user, PAGE, READ_WRITE)).to.equal(GRANTS);
      yield* call(SYS_FUNMAP, second + PAGE);
      expect(user.memory.accessible(second, 1, false)).to.equal(false);
      expect(yield* call(SYS_FUNMAP, GRANTS - 1)).to.equal(-EFAULT);
    });
  });

  it('gives memory that cannot be written without PROT_WRITE', () => {
    check(function* (user) {
      const at = yield* map(user, PAGE, PROT_READ);
      expect(yield* call(SYS_CLOCK_GETTIME, 4, at)).to.equal(-EFAULT);
      const pid = yield* fork(user, function* (child) {
        yield 'pause';
        child.memory.store8(at, 1);
        return 0;
      });
      expect(yield* wait(user, pid)).to.equal(11);
    });
  });

  it('leaves unmapping as a whole possible after a part was protected', () => {
    check(function* (user) {
      const at = yield* map(user, 3 * PAGE, READ_WRITE);
      user.memory.store8(at + PAGE, 5);
      expect(yield* call(SYS_MPROTECT, at + PAGE, PAGE, PROT_READ)).to.equal(0);
      expect(user.memory.load8(at + PAGE)).to.equal(5);
      yield* call(SYS_FUNMAP, at);
      expect(user.memory.accessible(at + 2 * PAGE, 1, false)).to.equal(false);
    });
  });
});

describe('mprotect', () => {
  it('takes the right to write away and never gives it back', () => {
    check(function* (user) {
      const at = yield* map(user, 3 * PAGE, READ_WRITE);
      expect(yield* call(SYS_MPROTECT, at + PAGE, PAGE, PROT_READ | PROT_EXEC)).to.equal(0);
      expect(user.memory.accessible(at, PAGE, true)).to.equal(true);
      expect(user.memory.accessible(at + PAGE, 1, true)).to.equal(false);
      expect(user.memory.accessible(at + 2 * PAGE, PAGE, true)).to.equal(true);
      yield* call(SYS_MPROTECT, at + PAGE, PAGE, READ_WRITE);
      expect(user.memory.accessible(at + PAGE, 1, true)).to.equal(false);
      expect(yield* call(SYS_MPROTECT, at + 2 * PAGE, 2 * PAGE, PROT_READ)).to.equal(-EFAULT);
      expect(user.memory.accessible(at + 2 * PAGE, PAGE, true)).to.equal(false);
      expect(yield* call(SYS_MPROTECT, at, 0, PROT_READ)).to.equal(-EFAULT);
    });
  });
});

describe('a buffer of a system call', () => {
  it('is refused with EFAULT before anything else about the call', () => {
    check(function* () {
      for (const address of [0, 1, HEAP, 0x180_0010_0000, 2 ** 47, -1, 2n ** 63n]) {
        expect(yield* call(SYS_WRITE, 99, address, 1)).to.equal(-EFAULT);
        expect(yield* call(SYS_READ, 99, address, 1)).to.equal(-EFAULT);
        expect(yield* call(SYS_OPEN, address, 1, 0)).to.equal(-EFAULT);
      }
    });
  });

  it('may lie anywhere when it is empty', () => {
    check(function* () {
      expect(yield* call(SYS_WRITE, 1, 0, 0)).to.equal(0);
    });
  });

  it('is refused when a part of it or its length is impossible', () => {
    check(function* (user) {
      const top = 0x180_0010_0000;
      expect(user.memory.accessible(top - 8, 8, true)).to.equal(true);
      expect(yield* call(SYS_WRITE, 1, top - 8, 9)).to.equal(-EFAULT);
      expect(yield* call(SYS_WRITE, 1, top - 8, -1)).to.equal(-EFAULT);
      expect(yield* call(SYS_WRITE, 1, top - 8, 2 ** 62)).to.equal(-EFAULT);
    });
  });
});
