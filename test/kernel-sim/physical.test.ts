import { expect } from 'chai';
import * as abi from '../../kernel-sim/abi/index.js';
import { call, fork, machine, named, wait } from './machine.js';

const PAGE = 4096;
const root = () => machine().kernel.attach('driver');

describe('physical memory', () => {
  it('is root’s business: EPERM for everybody else', () => {
    const other = machine().kernel.attach('other', { uid: 1, gid: 0 });
    for (const number of [
      abi.SYS_IOPL,
      abi.SYS_PHYSALLOC,
      abi.SYS_PHYSFREE,
      abi.SYS_PHYSMAP,
      abi.SYS_PHYSUNMAP,
      abi.SYS_VIRTTOPHYS,
    ]) {
      expect(named(other.call({ number, a: 0, b: 0 }))).to.equal('EPERM');
    }
  });

  it('can be allocated in a row and mapped, where VIRTTOPHYS finds it', () => {
    const driver = root();
    const physical = driver.call({ number: abi.SYS_PHYSALLOC, a: 3 * PAGE });
    const flags = abi.PHYSMAP_WRITE;
    const virtual = driver.call({ number: abi.SYS_PHYSMAP, a: physical, b: 3 * PAGE, c: flags });
    for (const offset of [0, 5, PAGE, 3 * PAGE - 1]) {
      const found = driver.call({ number: abi.SYS_VIRTTOPHYS, a: virtual + offset });
      expect(found).to.equal(physical + offset);
    }
    expect(named(driver.call({ number: abi.SYS_VIRTTOPHYS, a: 0x1000 }))).to.equal('EFAULT');
  });

  it('is mapped at the same offset within a page', () => {
    const driver = root();
    const physical = driver.call({ number: abi.SYS_PHYSALLOC, a: 2 * PAGE });
    const virtual = driver.call({ number: abi.SYS_PHYSMAP, a: physical + 8, b: PAGE, c: 0 });
    expect(virtual % PAGE).to.equal(8);
    expect(driver.user.memory.accessible(virtual, 2 * PAGE - 8, false)).to.equal(true);
    expect(driver.user.memory.accessible(virtual, 1, true)).to.equal(false);
    expect(driver.call({ number: abi.SYS_PHYSMAP, a: physical, b: 0, c: 0 })).to.equal(0);
  });

  it('is the same for all who map it, after a fork, too', () => {
    const { kernel } = machine();
    const seen: number[] = [];
    kernel.spawn({
      *program(user) {
        const physical = yield* call(abi.SYS_PHYSALLOC, PAGE);
        const virtual = yield* call(abi.SYS_PHYSMAP, physical, PAGE, abi.PHYSMAP_WRITE);
        const child = yield* fork(user, function* (other) {
          other.memory.store32(virtual, 4711);
          return yield* call(abi.SYS_YIELD);
        });
        yield* wait(user, child);
        const again = yield* call(abi.SYS_PHYSMAP, physical, PAGE, 0);
        seen.push(user.memory.load32(virtual), user.memory.load32(again));
        return 0;
      },
    });
    kernel.run();
    expect(seen).to.deep.equal([4711, 4711]);
  });

  it('stays allocated until it is freed and unmapped', () => {
    const { kernel } = machine();
    const driver = kernel.attach('driver');
    const { memory } = kernel.cpu;
    const before = memory.allocated;
    const physical = driver.call({ number: abi.SYS_PHYSALLOC, a: 5 * PAGE - 1 });
    expect(memory.allocated - before).to.equal(5);
    const virtual = driver.call({ number: abi.SYS_PHYSMAP, a: physical, b: PAGE, c: 0 });
    expect(driver.call({ number: abi.SYS_PHYSFREE, a: physical, b: 5 * PAGE })).to.equal(0);
    expect(memory.allocated - before).to.equal(1);
    expect(driver.call({ number: abi.SYS_PHYSUNMAP, a: virtual })).to.equal(0);
    expect(memory.allocated).to.equal(before);
    expect(named(driver.call({ number: abi.SYS_PHYSUNMAP, a: virtual }))).to.equal('EFAULT');
    expect(driver.call({ number: abi.SYS_PHYSUNMAP, a: 0 })).to.equal(0);
  });

  it('is no more than there is (ENOMEM), and nothing but what was allocated (EINVAL)', () => {
    const driver = root();
    for (const a of [2 ** 40, -1]) {
      expect(named(driver.call({ number: abi.SYS_PHYSALLOC, a }))).to.equal('ENOMEM');
    }
    const physical = driver.call({ number: abi.SYS_PHYSALLOC, a: PAGE });
    for (const [a, b] of [
      [0xb8000, PAGE],
      [physical, 2 * PAGE],
      [physical - 1, 2],
      [physical, -1],
    ]) {
      expect(named(driver.call({ number: abi.SYS_PHYSMAP, a, b, c: 0 }))).to.equal('EINVAL');
      expect(named(driver.call({ number: abi.SYS_PHYSFREE, a, b }))).to.equal('EINVAL');
    }
  });
});

describe('iopl', () => {
  it('checks the level, and is refused to root as well: there are no ports', () => {
    expect(named(root().call({ number: abi.SYS_IOPL, a: 4 }))).to.equal('EINVAL');
    expect(named(root().call({ number: abi.SYS_IOPL, a: 3 }))).to.equal('EPERM');
  });
});
