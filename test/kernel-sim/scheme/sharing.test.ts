import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { FileTree } from '../../../kernel-sim/scheme/file-tree.js';
import { call, close, fork, named, open, read, readText, run, wait } from '../machine.js';

const letters = () => {
  const files = new FileTree();
  files.addFile('letters', Buffer.from('abcdef'));
  return { files };
};

describe('descriptors after a clone', () => {
  it('share their offset between parent and child', () => {
    run(function* (user) {
      const fd = yield* open(user, '/letters', abi.O_RDONLY);
      const child = yield* fork(user, function* (own) {
        expect(yield* readText(own, fd, 2)).to.equal('ab');
        return 0;
      });
      yield* wait(user, child);
      expect(yield* readText(user, fd, 2)).to.equal('cd');
      return 0;
    }, letters());
  });

  it('close apart', () => {
    run(function* (user) {
      const fd = yield* open(user, '/letters', abi.O_RDONLY);
      const child = yield* fork(user, () => close(fd));
      yield* wait(user, child);
      expect(yield* readText(user, fd, 2)).to.equal('ab');
      return 0;
    }, letters());
  });

  it('are one table under CLONE_FILES', () => {
    run(function* (user) {
      user.nextChild(function* (own) {
        expect(yield* open(own, '/letters', abi.O_RDONLY)).to.equal(3);
        return yield* close(0);
      });
      const child = yield* call(abi.SYS_CLONE, abi.CLONE_FILES);
      yield* wait(user, child);
      expect(yield* readText(user, 3, 2)).to.equal('ab');
      expect(named((yield* read(user, 0, 1)).result)).to.equal('EBADF');
      return 0;
    }, letters());
  });
});
