import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { FileTree } from '../../../kernel-sim/scheme/file-tree.js';
import { call, close, dup, machine, named, onPath, open, read, readText } from '../machine.js';

const UNMAPPED = 0x6666_0000;

function process(files = new FileTree()) {
  files.addFile('letters', Buffer.from('abcdef'));
  const driven = machine({ files }).kernel.attach('test');
  return { driven, user: driven.user };
}

describe('descriptors', () => {
  it('begin with the console on 0, 1 and 2, and are the lowest that are free', () => {
    const { driven, user } = process();
    expect(driven.run(open(user, 'null:', abi.O_RDWR))).to.equal(3);
    expect(driven.run(open(user, 'null:', abi.O_RDWR))).to.equal(4);
    expect(driven.run(close(3))).to.equal(0);
    expect(driven.run(open(user, 'zero:', abi.O_RDWR))).to.equal(3);
  });

  it('that dup copies share offset and flags', () => {
    const { driven, user } = process();
    const first = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    const second = driven.run(dup(user, first, ''));
    expect(driven.run(readText(user, first, 2))).to.equal('ab');
    expect(driven.run(readText(user, second, 2))).to.equal('cd');
    driven.run(call(abi.SYS_FCNTL, first, abi.F_SETFL, abi.O_NONBLOCK));
    const flags = driven.run(call(abi.SYS_FCNTL, second, abi.F_GETFL));
    expect(flags).to.equal(abi.O_RDONLY | abi.O_NONBLOCK);
  });

  it('that were opened separately do not', () => {
    const { driven, user } = process();
    const first = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    const second = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    driven.run(readText(user, first, 4));
    expect(driven.run(readText(user, second, 2))).to.equal('ab');
  });

  it('are replaced by DUP2 and kept by DUP2 of one to itself', () => {
    const { driven, user } = process();
    const file = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    expect(driven.run(call(abi.SYS_DUP2, file, 9))).to.equal(9);
    expect(driven.run(call(abi.SYS_DUP2, 9, 9))).to.equal(9);
    expect(driven.run(readText(user, 9, 3))).to.equal('abc');
  });

  it('are found from a minimum on by F_DUPFD', () => {
    const { driven, user } = process();
    const file = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    expect(driven.run(call(abi.SYS_FCNTL, file, abi.F_DUPFD, 20))).to.equal(20);
    expect(driven.run(call(abi.SYS_FCNTL, file, abi.F_DUPFD, 20))).to.equal(21);
  });

  it('have O_CLOEXEC of their own, which copies do not inherit', () => {
    const { driven, user } = process();
    const file = driven.run(open(user, 'null:', abi.O_RDONLY | abi.O_CLOEXEC));
    const copy = driven.run(dup(user, file, ''));
    const cloexec = (fd: number) => driven.run(call(abi.SYS_FCNTL, fd, abi.F_GETFD));
    expect([cloexec(file), cloexec(copy)]).to.deep.equal([abi.O_CLOEXEC, 0]);
    driven.run(call(abi.SYS_FCNTL, copy, abi.F_SETFD, abi.O_CLOEXEC));
    expect(cloexec(copy)).to.equal(abi.O_CLOEXEC);
    expect(driven.run(call(abi.SYS_FCNTL, file, abi.F_GETFL))).to.equal(abi.O_RDONLY);
  });

  const refusals = [
    { what: 'READ of a closed descriptor', args: [abi.SYS_READ, 77, 0, 0], errno: 'EBADF' },
    { what: 'a descriptor of -1', args: [abi.SYS_CLOSE, -1], errno: 'EBADF' },
    {
      what: 'a bad buffer, before a bad descriptor',
      args: [abi.SYS_READ, 77, UNMAPPED, 8],
      errno: 'EFAULT',
    },
    { what: 'WRITE from nowhere', args: [abi.SYS_WRITE, 1, UNMAPPED, 1], errno: 'EFAULT' },
    { what: 'a buffer with a huge length', args: [abi.SYS_WRITE, 1, 0x1000, -1], errno: 'EFAULT' },
    { what: 'DUP2 to a number out of range', args: [abi.SYS_DUP2, 1, 65536], errno: 'EMFILE' },
    { what: 'an unknown command of FCNTL', args: [abi.SYS_FCNTL, 1, 99], errno: 'EINVAL' },
    { what: 'FSTAT into too small a buffer', args: [abi.SYS_FSTAT, 1, 0, 0], errno: 'EFAULT' },
    { what: 'LSEEK of a console', args: [abi.SYS_LSEEK, 1, 0, 0], errno: 'EBADF' },
    {
      what: 'OPEN of a path that is nowhere',
      args: [abi.SYS_OPEN, UNMAPPED, 4, 0],
      errno: 'EFAULT',
    },
    { what: 'FUNMAP of what is not mapped', args: [abi.SYS_FUNMAP, UNMAPPED], errno: 'EFAULT' },
    { what: 'LINK, which no kernel has', args: [abi.SYS_LINK, 0, 0], errno: 'ENOSYS' },
  ];
  for (const { what, args, errno } of refusals) {
    it(`refuse ${what} with ${errno}`, () => {
      const { driven } = process();
      const [number, ...rest] = args;
      expect(named(driven.run(call(number, ...rest)))).to.equal(errno);
    });
  }

  it('accept an empty buffer wherever it lies', () => {
    const { driven } = process();
    expect(driven.run(call(abi.SYS_WRITE, 1, UNMAPPED, 0))).to.equal(0);
  });

  it('keep a file that one of two closes', () => {
    const { driven, user } = process();
    const first = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    const second = driven.run(dup(user, first, ''));
    driven.run(close(first));
    expect(driven.run(readText(user, second))).to.equal('abcdef');
    expect(named(driven.run(read(user, first, 1)).result)).to.equal('EBADF');
  });
});

describe('paths of open files', () => {
  const cases = ['null:', 'zero:', 'rand:', 'memory:', 'debug:', 'debug:stderr', 'time:4', ':'];
  for (const path of cases) {
    it(`FPATH tells ${path}`, () => {
      const { driven, user } = process();
      const file = driven.run(open(user, path, abi.O_RDONLY));
      const { bytes } = driven.run(read(user, file, 64, abi.SYS_FPATH));
      expect(Buffer.from(bytes).toString()).to.equal(path);
    });
  }

  it('are cut to the buffer', () => {
    const { driven, user } = process();
    const file = driven.run(open(user, 'file:/letters', abi.O_RDONLY));
    const { bytes } = driven.run(read(user, file, 6, abi.SYS_FPATH));
    expect(Buffer.from(bytes).toString()).to.equal('file:/');
  });
});

describe('the working directory', () => {
  it('is where relative paths begin', () => {
    const files = new FileTree();
    files.addFile('home/user/notes', Buffer.from('remember'));
    const { driven, user } = process(files);
    expect(driven.run(onPath(user, abi.SYS_CHDIR, 'home/user'))).to.equal(0);
    const notes = driven.run(open(user, 'notes', abi.O_RDONLY));
    expect(driven.run(readText(user, notes))).to.equal('remember');
    const at = user.reserve(64);
    const count = driven.run(call(abi.SYS_GETCWD, at, 64));
    expect(Buffer.from(user.memory.read(at, count)).toString()).to.equal('file:/home/user');
  });

  it('must be a directory', () => {
    const { driven, user } = process();
    const chdir = (path: string) => named(driven.run(onPath(user, abi.SYS_CHDIR, path)));
    expect(chdir('file:/letters')).to.equal('ENOTDIR');
    expect(chdir('file:/nowhere')).to.equal('ENOENT');
    expect(chdir('null:')).to.equal('EBADF');
  });
});
