// shm: of ipcd, and with it FMAP of a scheme that a daemon serves. Source: ipcd's src/shm.rs, and
// the kernel's scheme/user.rs of 2019, which maps the daemon's own pages.
import { expect } from 'chai';
import { type Relibc, shmDaemon } from '../../compat/index.js';
import {
  ERANGE,
  MAP_SHARED,
  O_RDWR,
  PROT_READ,
  PROT_WRITE,
  type SystemCalls,
} from '../../kernel-sim/abi/index.js';
import { type Program, run as runOnKernel } from './on-kernel.js';

const RW = MAP_SHARED | PROT_READ | PROT_WRITE;
const PAGE = 4096;

const run = (program: Program) => runOnKernel(program, { daemon: shmDaemon });

function* mapped(libc: Relibc, name: string, size = PAGE): SystemCalls<number> {
  const file = yield* libc.open(`shm:${name}`, O_RDWR);
  expect(file).to.be.greaterThan(0);
  return yield* libc.mmapFile(file, 0, size, RW);
}

describe('shm: of ipcd', () => {
  it('is the same memory for all who map a name, whoever writes', () => {
    run(function* (libc) {
      const first = yield* mapped(libc, 'table');
      const second = yield* mapped(libc, 'table');
      expect(second).to.not.equal(first);
      expect(libc.user.memory.load32(first)).to.equal(0);
      libc.user.memory.store32(first, 7);
      expect(libc.user.memory.load32(second)).to.equal(7);
      libc.user.memory.store32(second + 4, 8);
      expect(libc.user.memory.load32(first + 4)).to.equal(8);
    });
  });

  it('is shared with forks, other memory is not', () => {
    run(function* (libc) {
      const shared = yield* mapped(libc, 'table');
      const own = libc.user.reserve(16);
      libc.user.memory.store32(shared, 1);
      libc.user.memory.store32(own, 1);
      const pid = yield* libc.fork(function* (child) {
        yield 'pause';
        expect(child.user.memory.load32(shared)).to.equal(1);
        child.user.memory.store32(shared, 2);
        child.user.memory.store32(own, 2);
        return 0;
      });
      yield* libc.joinThread(pid);
      expect(libc.user.memory.load32(shared)).to.equal(2);
      expect(libc.user.memory.load32(own)).to.equal(1);
      libc.user.memory.store32(shared, 3);
      const other = yield* libc.fork(function* (child) {
        return child.user.memory.load32(yield* mapped(child, 'table'));
      });
      expect((yield* libc.wait(other)).status).to.equal(3 << 8);
    });
  });

  it('is other memory by another name, and has one size', () => {
    run(function* (libc) {
      const one = yield* mapped(libc, 'one');
      libc.user.memory.store32(one, 1);
      expect(libc.user.memory.load32(yield* mapped(libc, 'two'))).to.equal(0);
      expect(yield* mapped(libc, 'one', 2 * PAGE)).to.equal(-1);
      expect(libc.errno).to.equal(ERANGE);
    });
  });

  it('stays with the processes that have it when one of them unmaps it', () => {
    run(function* (libc) {
      const first = yield* mapped(libc, 'table');
      const second = yield* mapped(libc, 'table');
      libc.user.memory.store32(first, 7);
      expect(yield* libc.munmap(first)).to.equal(0);
      expect(libc.user.memory.load32(second)).to.equal(7);
    });
  });
});
