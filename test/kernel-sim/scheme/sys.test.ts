import { expect } from 'chai';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type DrivenProcess, kernelProfile } from '../../../kernel-sim/index.js';
import { call, machine, named, open, read, readText, structure } from '../machine.js';

function process(options: Parameters<typeof machine>[0] = {}) {
  const { kernel } = machine(options);
  return { kernel, driven: kernel.attach('test') };
}

/** All of a file. */
function text(driven: DrivenProcess, path: string): string {
  const descriptor = driven.run(open(driven.user, path, abi.O_RDONLY));
  return driven.run(readText(driven.user, descriptor));
}

/** The row of a process in sys:context, by column. */
function row(table: string, pid: number): Record<string, string> {
  const [heading, ...lines] = table.trimEnd().split('\n');
  const line = lines.find((one) => one.startsWith(`${pid} `)) ?? '';
  const columns = [...heading.matchAll(/\S+\s*/g)].map(({ 0: name, index }) => ({
    name: name.trim(),
    from: index,
    to: index + name.length,
  }));
  return Object.fromEntries(
    columns.map(({ name, from, to }) => [
      name,
      line.slice(from, name === 'NAME' ? undefined : to).trim(),
    ]),
  );
}

describe('sys:', () => {
  it('lists what it has, a name on each line but the last', () => {
    const { driven } = process();
    expect(text(driven, 'sys:')).to.equal('context\ncpu\nexe\nscheme\nscheme_num\nsyscall\nuname');
    expect(named(driven.run(open(driven.user, 'sys:nothing', 0)))).to.equal('ENOENT');
  });

  it('uname is system, node, release, version and machine', () => {
    expect(text(process().driven, 'sys:uname').split('\n')).to.deep.equal([
      'Redox',
      '',
      '0.1.54',
      '',
      'x86_64',
      '',
    ]);
  });

  it('exe is the name of who asks, cpu the number of CPUs', () => {
    const { driven } = process({ cpus: 3, profile: kernelProfile('P9') });
    expect(text(driven, 'sys:exe')).to.equal('test');
    expect(text(driven, 'sys:cpu')).to.equal('CPUs: 3\n');
  });

  it('scheme and scheme_num list the schemes of the namespace', () => {
    const { driven } = process();
    const names = text(driven, 'sys:scheme').trimEnd().split('\n');
    expect(names).to.include.members(['', 'debug', 'file', 'null', 'proc', 'sys']);
    const lines = text(driven, 'sys:scheme_num').trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^ *\d+: /, ''))).to.deep.equal(names);
    for (const line of lines) expect(line).to.match(/^ {2}.\d: /);
  });

  it('is read from where the last read ended, and can be sought', () => {
    const { driven } = process();
    const { user } = driven;
    const descriptor = driven.run(open(user, 'sys:uname', 0));
    expect(driven.run(readText(user, descriptor, 5))).to.equal('Redox');
    expect(driven.run(call(abi.SYS_LSEEK, descriptor, -7, abi.SEEK_END))).to.equal(15);
    expect(driven.run(readText(user, descriptor))).to.equal('x86_64\n');
    expect(driven.run(call(abi.SYS_LSEEK, descriptor, 99, abi.SEEK_SET))).to.equal(22);
    expect(named(driven.run(call(abi.SYS_LSEEK, descriptor, 0, 9)))).to.equal('EINVAL');
    const stat = abi.Stat.decode(
      driven.run(structure(user, descriptor, abi.Stat.size, abi.SYS_FSTAT)),
    );
    expect(stat).to.include({ st_mode: abi.MODE_FILE | 0o444, st_size: 22 });
    const { bytes } = driven.run(read(user, descriptor, 64, abi.SYS_FPATH));
    expect(Buffer.from(bytes).toString()).to.equal('sys:uname');
  });
});

describe('sys:context', () => {
  it('has a row for each process', () => {
    const { kernel, driven } = process();
    const child = kernel.spawn({
      name: 'child',
      parent: driven.context,
      uid: 7,
      gid: 8,
      *program(user) {
        const at = user.reserve(16);
        user.memory.write(at, abi.TimeSpec.encode({ tv_sec: 9, tv_nsec: 0 }));
        return yield* call(abi.SYS_NANOSLEEP, at, 0);
      },
    });
    driven.call({ number: abi.SYS_YIELD });
    const table = text(driven, 'sys:context');
    expect(row(table, 1)).to.include({ PPID: '0', STAT: 'KB', NAME: 'idle' });
    expect(row(table, driven.pid)).to.include({ PPID: '1', STAT: 'UR+', NAME: 'test' });
    expect(row(table, child.pid)).to.include({
      PGID: `${child.pid}`,
      PPID: `${driven.pid}`,
      ...{ RUID: '7', RGID: '8', RNS: '1', EUID: '7', EGID: '8', ENS: '1' },
      ...{ STAT: 'US', CPU: '0', NAME: 'child' },
    });
    // two kernel stacks of 64 KiB, a stack of 1 MiB and a signal stack of 256 KiB
    expect(row(table, child.pid).MEM).to.equal('1 MB');
  });

  it('tells who is stopped, and who has ended and is not asked for', () => {
    const { kernel, driven } = process();
    const child = kernel.spawn({
      parent: driven.context,
      *program() {
        for (;;) yield* call(abi.SYS_YIELD);
      },
    });
    const state = () => row(text(driven, 'sys:context'), child.pid).STAT;
    for (const [signal, letters] of [
      [abi.SIGSTOP, 'UT'],
      [abi.SIGCONT, 'UR'],
      [abi.SIGKILL, 'KZ'],
    ] as const) {
      driven.call({ number: abi.SYS_KILL, a: child.pid, b: signal });
      for (let i = 0; i < 3; i++) driven.call({ number: abi.SYS_YIELD });
      expect(state()).to.equal(letters);
    }
  });

  it('counts ticks since 2020-02 only', () => {
    const heading = (name: string) =>
      text(process({ profile: kernelProfile(name) }).driven, 'sys:context').split('\n')[0];
    expect(heading('P7')).to.not.include('TICKS');
    expect(heading('P9')).to.include('TICKS');
    const { driven } = process({ profile: kernelProfile('P9') });
    for (let i = 0; i < 5; i++) driven.call({ number: abi.SYS_YIELD });
    expect(Number(row(text(driven, 'sys:context'), driven.pid).TICKS)).to.be.at.least(5);
  });
});

describe('itimer:', () => {
  it('is zeros to read, and takes whatever is written', () => {
    const { driven } = process();
    const { user } = driven;
    const timer = driven.run(open(user, `itimer:${abi.CLOCK_MONOTONIC}`, abi.O_RDWR));
    const { result, bytes } = driven.run(read(user, timer, 70));
    expect(result).to.equal(64);
    expect([...bytes].every((byte) => byte === 0)).to.equal(true);
    const at = user.reserve(40);
    expect(driven.run(call(abi.SYS_WRITE, timer, at, 40))).to.equal(32);
    expect(named(driven.run(open(user, 'itimer:9', 0)))).to.equal('ENOENT');
  });
});

describe('schemes that this machine has no devices for', () => {
  for (const path of ['irq:1', 'initfs:bin', 'acpi:', 'serio:0', 'disk:0']) {
    it(`${path} is ENODEV`, () => {
      const { driven } = process();
      expect(named(driven.run(open(driven.user, path, 0)))).to.equal('ENODEV');
    });
  }
});
