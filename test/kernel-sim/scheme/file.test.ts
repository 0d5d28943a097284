import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type FileProvider, FileTree } from '../../../kernel-sim/scheme/file-tree.js';
import {
  call,
  close,
  machine,
  named,
  onPath,
  open,
  readText,
  structure,
  write,
} from '../machine.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR, O_SYMLINK, O_TRUNC, O_WRONLY } = abi;

/** A process and short forms of its calls. */
function process(files = new FileTree(), options: { uid?: number; gid?: number } = {}) {
  const driven = machine({ files }).kernel.attach('test', options);
  const { user } = driven;
  return {
    driven,
    open: (path: string, flags: number) => driven.run(open(user, path, flags)),
    close: (fd: number) => driven.run(close(fd)),
    text: (fd: number, length?: number) => driven.run(readText(user, fd, length)),
    write: (fd: number, text: string) => driven.run(write(user, fd, text)),
    seek: (fd: number, offset: number, whence: number) =>
      driven.run(call(abi.SYS_LSEEK, fd, offset, whence)),
    stat: (fd: number) =>
      abi.Stat.decode(driven.run(structure(user, fd, abi.Stat.size, abi.SYS_FSTAT))),
    unlink: (path: string) => driven.run(onPath(user, abi.SYS_UNLINK, path)),
    rmdir: (path: string) => driven.run(onPath(user, abi.SYS_RMDIR, path)),
    chmod: (path: string, mode: number) => driven.run(onPath(user, abi.SYS_CHMOD, path, mode)),
    rename: (fd: number, path: string) => driven.run(write(user, fd, path, abi.SYS_FRENAME)),
    truncate: (fd: number, length: number) => driven.run(call(abi.SYS_FTRUNCATE, fd, length)),
  };
}

type Process = ReturnType<typeof process>;

function symlink(p: Process, path: string, target: string): void {
  const fd = p.open(path, O_CREAT | O_WRONLY | O_SYMLINK | 0o777);
  p.write(fd, target);
  p.close(fd);
}

describe('files', () => {
  it('keep what was written', () => {
    const p = process();
    const fd = p.open('/notes', O_CREAT | O_RDWR | 0o644);
    expect(p.write(fd, 'hello world')).to.equal(11);
    expect(p.seek(fd, 6, abi.SEEK_SET)).to.equal(6);
    expect(p.text(fd)).to.equal('world');
    expect(p.seek(fd, -5, abi.SEEK_END)).to.equal(6);
    expect(p.seek(fd, -2, abi.SEEK_CUR)).to.equal(4);
    expect(p.seek(fd, -99, abi.SEEK_CUR)).to.equal(0);
  });

  it('get zeros where a write left a gap, and where they shrank before they grew', () => {
    const p = process();
    const fd = p.open('/f', O_CREAT | O_RDWR | 0o600);
    p.write(fd, 'abcd');
    p.truncate(fd, 1);
    p.seek(fd, 3, abi.SEEK_SET);
    p.write(fd, 'z');
    p.seek(fd, 0, abi.SEEK_SET);
    expect(p.text(fd)).to.equal('a\0\0z');
  });

  it('opened with O_APPEND grow at their end, wherever the offset was', () => {
    const p = process();
    const fd = p.open('/log', O_CREAT | O_RDWR | abi.O_APPEND | 0o600);
    p.write(fd, 'one');
    p.seek(fd, 0, abi.SEEK_SET);
    p.write(fd, 'two');
    p.seek(fd, 0, abi.SEEK_SET);
    expect(p.text(fd)).to.equal('onetwo');
  });

  it('opened with O_TRUNC are empty', () => {
    const files = new FileTree();
    files.addFile('full', Buffer.from('content'));
    const p = process(files);
    const fd = p.open('/full', O_RDWR | O_TRUNC);
    expect(p.stat(fd).st_size).to.equal(0);
  });

  it('live on unnamed while somebody has them open', () => {
    const p = process();
    const fd = p.open('/gone', O_CREAT | O_RDWR | 0o600);
    p.write(fd, 'still here');
    expect(p.unlink('/gone')).to.equal(0);
    p.seek(fd, 0, abi.SEEK_SET);
    expect(p.text(fd)).to.equal('still here');
    expect(p.stat(fd).st_nlink).to.equal(0);
    expect(named(p.open('/gone', O_RDONLY))).to.equal('ENOENT');
  });

  it('are created with the mode that umask leaves', () => {
    const p = process();
    const fd = p.open('/f', O_CREAT | O_RDWR | 0o666);
    expect(p.stat(fd).st_mode).to.equal(abi.MODE_FILE | 0o644);
  });

  it('move, and replace what had the name', () => {
    const files = new FileTree();
    files.addFile('a/old', Buffer.from('old'));
    files.addFile('b/new', Buffer.from('new'));
    const p = process(files);
    const fd = p.open('/a/old', O_RDWR);
    expect(p.rename(fd, '/b/new')).to.equal(0);
    expect(p.text(p.open('/b/new', O_RDONLY))).to.equal('old');
    expect(named(p.open('/a/old', O_RDONLY))).to.equal('ENOENT');
    expect(named(p.rename(fd, 'null:x'))).to.equal('EXDEV');
  });

  it('mapped by FMAP show their bytes, and zeros behind them', () => {
    const files = new FileTree();
    files.addFile('f', Buffer.from('0123456789'));
    const { driven, open: openFile } = process(files);
    const fd = openFile('/f', O_RDONLY);
    const { user } = driven;
    const at = user.reserve(abi.MapArguments.size);
    const flags = abi.MAP_PRIVATE | abi.PROT_READ | abi.PROT_WRITE;
    user.memory.write(at, abi.MapArguments.encode({ offset: 4, size: 8, flags }));
    const address = driven.run(call(abi.SYS_FMAP, fd, at, abi.MapArguments.size));
    expect(Buffer.from(user.memory.read(address, 8)).toString()).to.equal('456789\0\0');
    user.memory.store8(address, 0x78);
    expect(driven.run(call(abi.SYS_FUNMAP, address))).to.equal(0);
    expect(user.memory.accessible(address, 1, false)).to.equal(false);
  });
});

describe('directories', () => {
  it('list their names separated by newlines', () => {
    const p = process();
    p.close(p.open('/d', O_CREAT | O_DIRECTORY | O_RDONLY | 0o755));
    for (const name of ['b', 'a', 'c']) p.close(p.open(`/d/${name}`, O_CREAT | O_RDWR | 0o600));
    const fd = p.open('/d', O_RDONLY | O_DIRECTORY);
    expect(p.stat(fd).st_mode).to.equal(abi.MODE_DIR | 0o755);
    expect(p.text(fd)).to.equal('a\nb\nc');
    expect(p.seek(fd, 2, abi.SEEK_SET)).to.equal(2);
    expect(p.text(fd)).to.equal('b\nc');
  });

  it('go only when they are empty', () => {
    const p = process();
    p.open('/d', O_CREAT | O_DIRECTORY | O_RDONLY | 0o755);
    p.open('/d/f', O_CREAT | O_RDWR | 0o600);
    expect(named(p.rmdir('/d'))).to.equal('ENOTEMPTY');
    p.unlink('/d/f');
    expect(p.rmdir('/d')).to.equal(0);
  });
});

describe('symbolic links', () => {
  it('are followed, on the way and at the end', () => {
    const files = new FileTree();
    files.addFile('real/file', Buffer.from('found'));
    const p = process(files);
    symlink(p, '/way', 'real');
    symlink(p, '/end', 'file:/way/file');
    expect(p.text(p.open('/end', O_RDONLY))).to.equal('found');
  });

  it('are themselves under O_SYMLINK', () => {
    const p = process();
    symlink(p, '/link', 'target');
    expect(p.text(p.open('/link', O_RDONLY | O_SYMLINK))).to.equal('target');
    const fd = p.open('/f', O_CREAT | O_RDWR | 0o600);
    p.close(fd);
    expect(named(p.open('/f', O_RDONLY | O_SYMLINK))).to.equal('EINVAL');
  });

  it('lead into other schemes', () => {
    const p = process();
    symlink(p, '/nothing', 'null:');
    expect(p.text(p.open('/nothing', O_RDONLY))).to.equal('');
  });

  it('that lead to themselves are ELOOP', () => {
    const p = process();
    symlink(p, '/loop', 'loop');
    expect(named(p.open('/loop', O_RDONLY))).to.equal('ELOOP');
  });
});

describe('refusals of file:', () => {
  const cases: { what: string; errno: string; act: (p: Process) => number }[] = [
    { what: 'a missing file', errno: 'ENOENT', act: (p) => p.open('/no', O_RDONLY) },
    { what: 'a missing directory', errno: 'ENOENT', act: (p) => p.open('/no/f', O_CREAT | O_RDWR) },
    { what: 'a file used as a directory', errno: 'ENOTDIR', act: (p) => p.open('/f/x', O_RDONLY) },
    {
      what: 'O_DIRECTORY on a file',
      errno: 'ENOTDIR',
      act: (p) => p.open('/f', O_RDONLY | O_DIRECTORY),
    },
    { what: 'O_EXCL on what exists', errno: 'EEXIST', act: (p) => p.open('/f', O_CREAT | O_EXCL) },
    { what: 'writing a directory', errno: 'EISDIR', act: (p) => p.open('/d', O_RDWR) },
    { what: 'UNLINK of a directory', errno: 'EISDIR', act: (p) => p.unlink('/d') },
    { what: 'RMDIR of a file', errno: 'ENOTDIR', act: (p) => p.rmdir('/f') },
    { what: 'RMDIR of the root', errno: 'EPERM', act: (p) => p.rmdir('/') },
    {
      what: 'writing what was opened to be read',
      errno: 'EBADF',
      act: (p) => p.write(p.open('/f', O_RDONLY), 'x'),
    },
    { what: 'truncating it', errno: 'EBADF', act: (p) => p.truncate(p.open('/f', O_RDONLY), 0) },
    {
      what: 'seeking from nowhere',
      errno: 'EINVAL',
      act: (p) => p.seek(p.open('/f', O_RDONLY), 0, 9),
    },
    {
      what: 'moving a directory into itself',
      errno: 'EINVAL',
      act: (p) => p.rename(p.open('/d', O_RDONLY), '/d/e'),
    },
    {
      what: 'moving a file over a directory',
      errno: 'EISDIR',
      act: (p) => p.rename(p.open('/f', O_RDWR), '/d'),
    },
    {
      what: 'moving a directory over a file',
      errno: 'ENOTDIR',
      act: (p) => p.rename(p.open('/d', O_RDONLY), '/f'),
    },
    {
      what: 'a scheme that is not there',
      errno: 'ENODEV',
      act: (p) => p.open('nowhere:x', O_RDONLY),
    },
    { what: 'UNLINK where a scheme has none', errno: 'ENOENT', act: (p) => p.unlink('null:x') },
  ];
  for (const { what, errno, act } of cases) {
    it(`${what}: ${errno}`, () => {
      const files = new FileTree();
      files.addFile('f', Buffer.from('x'));
      files.addDirectory('d');
      expect(named(act(process(files)))).to.equal(errno);
    });
  }

  const permissions: { what: string; errno: string; act: (p: Process) => number }[] = [
    { what: 'reading', errno: 'EACCES', act: (p) => p.open('/secret', O_RDONLY) },
    { what: 'writing', errno: 'EACCES', act: (p) => p.open('/public', O_RDWR) },
    { what: 'creating', errno: 'EACCES', act: (p) => p.open('/new', O_CREAT | O_RDWR) },
    { what: 'entering', errno: 'EACCES', act: (p) => p.open('/closed/f', O_RDONLY) },
    { what: 'unlinking', errno: 'EACCES', act: (p) => p.unlink('/public') },
    { what: 'CHMOD of what others own', errno: 'EPERM', act: (p) => p.chmod('/public', 0o777) },
  ];
  for (const { what, errno, act } of permissions) {
    it(`${what} without permission: ${errno}`, () => {
      const files = new FileTree();
      files.addFile('secret', Buffer.from('x'), 0o600);
      files.addFile('public', Buffer.from('x'), 0o644);
      files.addDirectory('closed', 0o700);
      expect(named(act(process(files, { uid: 1000, gid: 1000 })))).to.equal(errno);
    });
  }
});

describe('a provider beneath the tree', () => {
  function provider(asked: string[]): FileProvider {
    const files: Record<string, string> = { 'etc/motd': 'welcome', 'etc/hosts': 'localhost' };
    const isDirectory = (path: string) => path === '' || path === 'etc';
    return {
      look(path) {
        asked.push(`look ${path}`);
        if (isDirectory(path)) return { type: 'directory', mode: 0o755, size: 0, modified: 7 };
        if (!(path in files)) return undefined;
        return { type: 'file', mode: 0o644, size: files[path].length, modified: 7 };
      },
      list(path) {
        asked.push(`list ${path}`);
        return path === '' ? ['etc'] : ['motd', 'hosts'];
      },
      read(path) {
        asked.push(`read ${path}`);
        return Buffer.from(files[path]);
      },
      target: () => '',
    };
  }

  it('is asked for nothing that is not used, and for nothing twice', () => {
    const asked: string[] = [];
    const p = process(new FileTree(provider(asked)));
    const fd = p.open('/etc/motd', O_RDONLY);
    expect(p.stat(fd).st_size).to.equal(7);
    expect(p.stat(fd).st_mtime).to.equal(7);
    expect(asked).to.deep.equal(['look etc', 'look etc/motd']);
    expect(p.text(fd)).to.equal('welcome');
    expect(p.text(p.open('/etc/motd', O_RDONLY))).to.equal('welcome');
    expect(asked.slice(2)).to.deep.equal(['read etc/motd']);
  });

  it('keeps its files when ours change or go', () => {
    const beneath = provider([]);
    const p = process(new FileTree(beneath));
    const fd = p.open('/etc/motd', O_RDWR);
    p.write(fd, 'WELL');
    p.unlink('/etc/hosts');
    p.open('/etc/new', O_CREAT | O_RDWR | 0o600);
    expect(p.text(p.open('/etc', O_RDONLY))).to.equal('motd\nnew');
    expect(named(p.open('/etc/hosts', O_RDONLY))).to.equal('ENOENT');
    expect(p.text(p.open('/etc/motd', O_RDONLY))).to.equal('WELLome');
    expect(Buffer.from(beneath.read('etc/motd')).toString()).to.equal('welcome');
  });
});
