// What the Redox programs print of tracees whose course is known from their sources. Order of stops
// around signals: known problem KP-12; what has no post stop: facts of the system-call wrapper.
import { expect } from 'chai';
import { cli } from '../lib/support.js';
import { fileOf, type Outcome, run } from './redox.js';

const lines = ({ stderr }: Outcome): string[] => stderr.trimEnd().split('\n');

/** The lines of one process, as if it had been alone. */
function linesOf(outcome: Outcome, pid: number): string[] {
  const prefix = `[pid ${pid}] `;
  const own = lines(outcome).filter((line) => line.startsWith(prefix));
  return own.map((line) => line.slice(prefix.length));
}

/** Puts what was interrupted and what resumed into one line again. */
function joined(own: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of own) {
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(line);
    if (line.endsWith(' <unfinished ...>')) whole.push(line.slice(0, -' <unfinished ...>'.length));
    else if (resumed === null) whole.push(line);
    else {
      const at = whole.map((line) => line.startsWith(`${resumed[1]}(`)).lastIndexOf(true);
      whole[at] = `${whole[at]}${resumed[2]}`;
    }
  }
  return whole;
}

const START = (name: string) => [
  `open("${fileOf('', name)}", O_RDONLY|O_CLOEXEC) = 3`,
  `fexec(3, ["${fileOf('', name)}"], []) = ?`,
];

describe('the programs for Redox', () => {
  it('run alone as their sources say', () => {
    expect(run('family')).to.deep.equal({
      stdout: 'generation 2: 3\ngeneration 1: 2\n',
      stderr: '',
      status: 1,
    });
    expect(run('threads').stdout).to.equal('thread 1: 1\nthread 2: 2\ncounted to 6\n');
    expect(run('pipes').stdout).to.equal('tracemeif you can\n');
    expect(run('signals')).to.deep.equal({
      stdout: 'handled 10\nignored 12\n',
      stderr: '',
      status: 128 + 15,
    });
  });

  it('run from the command line, under the kernel alone', () => {
    const { stdout, stderr, status } = cli(['run', '--profile', 'redox', fileOf('', 'family')]);
    expect({ stdout, stderr, status }).to.deep.equal(run('family'));
  });
});

for (const [mode, flag] of [
  ['simple', '-s'],
  ['advanced', ''],
]) {
  const trace = (rest: string): Outcome => run(`strace ${flag} ${rest}`.replace('  ', ' '));

  describe(`strace, ${mode}`, () => {
    it('ends as the program does, and leaves its output alone', () => {
      for (const name of ['family', 'threads', 'pipes', 'signals']) {
        const alone = run(name);
        const { stdout, status } = trace(`=${name}`);
        expect({ stdout, status }).to.deep.equal({ stdout: alone.stdout, status: alone.status });
      }
    });

    it('shows the calls of one process with what they say', () => {
      expect(lines(trace('=family'))).to.deep.equal([
        ...START('family'),
        'clone(0) = 5',
        'waitpid(5, [exited 2], 0) = 5',
        'write(1, "generation 1: 2\\n", 16) = 16',
        'exit(1) = ?',
        '+++ [exited 1] +++',
      ]);
    });

    it('shows structures, flags and paths, and errors by name', () => {
      const found = lines(trace('=pipes'));
      for (const line of [
        'pipe2([3, 4], 0) = 0',
        'open("/pipes.txt", O_RDWR|O_CREAT|O_TRUNC|0644) = 4',
        'write(4, "12345\\n", 6) = 6',
        'lseek(4, 2, SEEK_SET) = 2',
        'read(4, "345", 3) = 3',
        'fstat(4, {st_mode=MODE_FILE|0644, st_uid=0, st_gid=0, st_size=6}) = 0',
        'fpath(4, "file:/pipes.txt", 64) = 15',
        'unlink("/pipes.txt") = 0',
        'open("/does/not/exist", O_RDONLY) = -ENOENT',
      ]) {
        expect(found).to.include(line);
      }
    });

    it('shows a handler between beginning and end of the kill that called it', () => {
      const text = trace('=signals').stderr;
      expect(text).to.match(/kill\((\d+), SIGUSR1 <unfinished \.\.\.>\n--- SIGUSR1 \{handler=0x/);
      const after = text.slice(text.indexOf('--- SIGUSR1')).split('\n').slice(1, 4);
      expect(after).to.deep.equal(['yield() = 0', 'sigreturn() = ?', '<... kill resumed>) = 0']);
      expect(text).to.include('--- SIGUSR2 {SIG_IGN} ---\n<... kill resumed>) = 0\n');
      expect(text.endsWith('--- SIGTERM {SIG_DFL} ---\n+++ [killed by SIGTERM] +++\n')).to.equal(
        true,
      );
    });

    it('shows a program that cannot be executed', () => {
      const { stderr, status } = trace('nothing');
      expect(stderr).to.match(/^open\("nothing", O_RDONLY\|O_CLOEXEC\) = -ENOENT\n/);
      expect(status).to.equal(127);
    });
  });
}

describe('strace -r', () => {
  it('follows children and their children', () => {
    const outcome = run('strace -r =family');
    const first = joined(linesOf(outcome, 4));
    expect(first).to.include('clone(0) = 5');
    expect(first).to.include('+++ new process 5 +++');
    expect(first).to.include('waitpid(5, [exited 2], 0) = 5');
    expect(joined(linesOf(outcome, 5))).to.deep.equal([
      'clone(0) = 6',
      '+++ new process 6 +++',
      'waitpid(6, [exited 3], 0) = 6',
      'write(1, "generation 2: 3\\n", 16) = 16',
      'exit(2) = ?',
      '+++ [exited 2] +++',
    ]);
    expect(linesOf(outcome, 6)).to.deep.equal(['exit(3) = ?', '+++ [exited 3] +++']);
  });

  it('follows threads', () => {
    const outcome = run('strace -r =threads');
    const flags = 'CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_STACK';
    const clones = joined(linesOf(outcome, 4)).filter((line) => line.startsWith('clone('));
    expect(clones).to.have.length(2);
    for (const clone of clones) expect(clone).to.include(`clone(${flags}, 0x`);
    for (const [pid, status] of [
      [5, 1],
      [6, 2],
    ]) {
      const thread = joined(linesOf(outcome, pid ?? 0));
      expect(thread.filter((line) => line === 'yield() = 0')).to.have.length(3);
      expect(thread.filter((line) => line.includes('FUTEX_WAKE'))).to.have.length(3);
      expect(thread.slice(-2)).to.deep.equal([`exit(${status}) = ?`, `+++ [exited ${status}] +++`]);
    }
  });

  it('shows both ends of a pipe', () => {
    const outcome = run('strace -r =pipes');
    const sent = linesOf(outcome, 5).filter((line) => line.startsWith('write('));
    expect(sent.map((line) => /"(.*)"/.exec(line)?.[1])).to.deep.equal([
      'trace',
      'me',
      'if you can\\n',
    ]);
    const read = joined(linesOf(outcome, 4)).filter((line) => line.startsWith('read(3'));
    const got = read.map((line) => /"(.*)"/.exec(line)?.[1]).join('');
    expect(got).to.equal('tracemeif you can\\n');
  });
});

describe('strace on other kernels', () => {
  const PROGRAMS = ['family', 'threads', 'pipes', 'signals'];
  const P7 = new Map<string, string[]>();
  before(() => {
    for (const name of PROGRAMS) P7.set(name, lines(run(`strace -s =${name}`)));
  });

  for (const kernel of ['P8', 'P9', 'P12']) {
    it(`${kernel}: sees what it sees on P7, writes or reads waiting, in both ways`, () => {
      for (const name of PROGRAMS) {
        for (const command of [`strace -s =${name}`, `strace =${name}`]) {
          expect(lines(run(command, { kernel })), command).to.deep.equal(P7.get(name));
        }
      }
    });
  }

  for (const kernel of ['P1', 'P4']) {
    it(`${kernel}: has no command words, and is refused`, () => {
      for (const mode of ['-s', '-r']) {
        const { stderr, status } = run(`strace ${mode} =family`, { kernel });
        expect([stderr, status]).to.deep.equal(['strace: cannot trace: ENOSYS\n', 1]);
      }
    });
  }

  it('runs from the command line', () => {
    const [strace, family] = [fileOf('', 'strace'), fileOf('', 'family')];
    const { stderr, status } = cli([
      'run',
      '--profile',
      'redox',
      '--kernel',
      'P9',
      strace,
      '-s',
      family,
    ]);
    expect([stderr.trimEnd().split('\n'), status]).to.deep.equal([P7.get('family'), 1]);
  });

  for (const kernel of ['P7', 'P9', 'P12']) {
    it(`${kernel}: sees the same of each process whoever runs next`, () => {
      for (const seed of [1, 2, 3, 4]) {
        const options = { kernel, scheduler: 'random', seed, quantum: 2000 } as const;
        expect(lines(run('strace -s =signals', options))).to.deep.equal(P7.get('signals'));
        const all = run('strace -r =family', options);
        for (const pid of [4, 5, 6]) {
          const own = joined(linesOf(all, pid));
          expect(own).to.deep.equal(joined(linesOf(run('strace -r =family'), pid)));
        }
      }
    });
  }
});

describe('strace of a strace', () => {
  it('shows what tracing is on Redox: files', () => {
    const found = lines(run('strace =strace -s =family'));
    expect(found).to.include('waitpid(5, [stopped by SIGSTOP], WUNTRACED) = 5');
    expect(found).to.include('open("proc:5/trace", O_RDWR|O_NONBLOCK|O_CLOEXEC|O_TRUNC) = 5');
    // PRE_SYSCALL and EXIT first, then BREAKPOINT, SIGNAL and POST_SYSCALL as well
    expect(found).to.include('write(5, "!\\x00\\x00\\x00\\x00\\x00\\x00\\x00", 8) = 8');
    expect(found).to.include('write(5, ";\\x00\\x00\\x00\\x00\\x00\\x00\\x00", 8) = 8');
  });
});

describe('registers', () => {
  const beside = (how: string): string =>
    run(`beside =blocked ${how} -- =registers @`).stdout.split('\n').slice(1).join('\n');

  for (const [how, call] of [
    ['read', /^pid 4 is in read\(3, 0x[0-9a-f]+, 1\)$/m],
    ['sleep', /^pid 4 is in nanosleep\(\{tv_sec=3600, tv_nsec=0\}, 0x[0-9a-f]+\)$/m],
    ['futex', /^pid 4 is in futex\(0x[0-9a-f]+ \[7\], FUTEX_WAIT, 7, 0x0, 0x0\)$/m],
    ['spin', /^pid 4 is in user mode at 0x[0-9a-f]+$/m],
  ] as const) {
    it(`says where a process is: ${how}`, () => {
      expect(beside(how)).to.match(call);
    });
  }

  it('are those of a user process that made a call', () => {
    const text = beside('read');
    const value = (name: string): string => new RegExp(`\\b${name} +(\\w+)`).exec(text)?.[1] ?? '';
    expect(value('rax')).to.equal('0000000022000003');
    expect(value('rcx')).to.equal(value('rip'));
    expect(value('r11')).to.equal(value('rflags'));
    expect([value('cs'), value('ss'), value('fs')].map((hex) => hex.slice(-2))).to.deep.equal([
      '23',
      '2b',
      '33',
    ]);
  });

  it('complain in one line', () => {
    expect(run('registers 99')).to.deep.equal({
      stdout: '',
      stderr: 'registers: 99: ESRCH\n',
      status: 1,
    });
    expect(run('registers x').status).to.equal(2);
  });
});

describe('peek', () => {
  it('shows memory in hexadecimal and as text', () => {
    const said = run('beside =blocked read -- =registers @').stdout;
    const address = /message at (0x[0-9a-f]+)/.exec(said)?.[1] ?? '';
    const { stdout, status } = run(`beside =blocked read -- =peek @ ${address} 26`);
    const [, first = '', second = ''] = stdout.split('\n');
    expect(first).to.include(
      ' 61 20 6d 65 73 73 61 67 65 20 74 6f 20 77 68 6f  |a message to who|',
    );
    expect(second).to.match(/ 65 76 65 72 20 70 65 65 6b 73 +\|ever peeks\|$/);
    expect(first.startsWith(address.slice(2).padStart(16, '0'))).to.equal(true);
    expect(status).to.equal(0);
  });

  it('says EFAULT where nothing is mapped', () => {
    const { stderr, status } = run('beside =blocked read -- =peek @ 0x10 8');
    expect([stderr, status]).to.deep.equal(['peek: EFAULT\n', 1]);
  });
});
