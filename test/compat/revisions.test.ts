// Every ptrace request, TRACEME and waitpid at every revision of relibc, call by call. Expected:
// src/platform/redox/ptrace.rs and mod.rs of the commits, as relibc's history has them.
import { expect } from 'chai';
import {
  LIBC_REVISIONS,
  type LibcProfile,
  libcProfile,
  PTRACE_CONT,
  PTRACE_GETREGS,
  PTRACE_REQUESTS,
  PTRACE_SETREGS,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
  PTRACE_TRACEME,
} from '../../compat/index.js';
import {
  EAGAIN,
  ECHILD,
  ENODEV,
  ENOENT,
  ESRCH,
  SIGCONT,
  SYS_FUTEX,
  SYS_GETPID,
  SYS_KILL,
  SYS_OPEN,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
} from '../../kernel-sim/abi/index.js';
import { type Answer, Exited, text } from './fake-process.js';
import { TRACEE, tracer } from './tracer.js';

const MARKER = 'open chan:ptrace-relibc/7/traceme';
const KILL = `${SYS_KILL.toString(16)} 7 ${SIGCONT} `;
const WAITPID = SYS_WAITPID.toString(16);

/** What a revision writes for a request: the first time, and later. */
type Words = Readonly<Record<number, readonly [first: string, later: string]>>;

const BYTES: Words = {
  [PTRACE_CONT]: ['01', '01'],
  [PTRACE_SINGLESTEP]: ['02', '02'],
  [PTRACE_SYSCALL]: ['03', '03'],
  [PTRACE_SYSEMU]: ['13', '13'],
  [PTRACE_SYSEMU_SINGLESTEP]: ['12', '12'],
};
const WORDS: Words = {
  [PTRACE_CONT]: ['0000000000000000', '0000000000000000'],
  [PTRACE_SINGLESTEP]: ['0400000000000000', '0400000000000000'],
  [PTRACE_SYSCALL]: ['0300000000000000', '0300000000000000'],
  [PTRACE_SYSEMU]: ['0310000000000000', '0310000000000000'],
  [PTRACE_SYSEMU_SINGLESTEP]: ['0410000000000000', '0410000000000000'],
};
const FIRST_SKIPS: Words = {
  ...WORDS,
  [PTRACE_SYSCALL]: ['0100000000000000', '0300000000000000'],
  [PTRACE_SYSEMU]: ['0110000000000000', '0310000000000000'],
};

interface Expected {
  /** Whether a tracee has to be marked, and its tracer looks for the mark. */
  readonly marks: boolean;
  /** The flags of the trace file: RDWR, CLOEXEC, NONBLOCK. */
  readonly traceFlags: string;
  readonly words: Words;
  /** What waitpid does with the trace file before it asks the kernel. */
  readonly waits: readonly string[];
  /** The options with which it then asks: WNOHANG 1, WUNTRACED 2. */
  readonly waitOptions: number;
  /** What it says of options it does not know. */
  readonly strict: boolean;
  /** Whether waitpid looks for the markers of special pids. */
  readonly special: boolean;
}

const f389010f: Expected = {
  marks: false,
  traceFlags: '1070000',
  words: BYTES,
  waits: ['write 04'],
  waitOptions: 1,
  strict: false,
  special: false,
};
const _82abb331: Expected = { ...f389010f, marks: true, waitOptions: 3, special: true };
const _72c2f59f: Expected = {
  ..._82abb331,
  words: WORDS,
  waits: ['write 0020000000000000'],
  strict: true,
};
const a1e45941: Expected = {
  ..._72c2f59f,
  words: FIRST_SKIPS,
  waits: ['write 0020000000000000', 'read 56'],
};
const a5e02650: Expected = { ...a1e45941, waits: ['read 56'] };
const _4c148c18: Expected = { ...a5e02650, traceFlags: '1030000' };
const e90fa3e3: Expected = { ..._4c148c18, special: false };

const EXPECTED: Readonly<Record<string, Expected>> = {
  f389010f,
  '82abb331': _82abb331,
  '72c2f59f': _72c2f59f,
  a1e45941,
  a7b354c8: a1e45941,
  a5e02650,
  '4c148c18': _4c148c18,
  c51aec1a: _4c148c18,
  e90fa3e3,
  a3e1eed1: e90fa3e3,
  '825e5c77': e90fa3e3,
  '37b60b67': e90fa3e3,
};

const RESUMING = [
  PTRACE_CONT,
  PTRACE_SINGLESTEP,
  PTRACE_SYSCALL,
  PTRACE_SYSEMU,
  PTRACE_SYSEMU_SINGLESTEP,
];
const DONE = [...RESUMING, PTRACE_TRACEME, PTRACE_GETREGS, PTRACE_SETREGS];

const unmarked: Answer = (call, process) =>
  call.number === SYS_OPEN && text(process, call.a, call.b).startsWith('chan:')
    ? -ENOENT
    : Number.NaN;

it('relibc: every revision has its expectations here', () => {
  expect(LIBC_REVISIONS.map(({ revision }) => revision)).to.have.members(Object.keys(EXPECTED));
});

for (const profile of LIBC_REVISIONS) {
  const expected = EXPECTED[profile.revision];
  if (expected !== undefined)
    describe(`relibc ${profile.revision}`, () => claims(profile, expected));
}

function claims(profile: LibcProfile, expected: Expected): void {
  const { marks, traceFlags } = expected;
  /** The first descriptor of the session: the marker's was closed again. */
  const trace = marks ? 4 : 3;
  const session = [
    ...(marks ? [`${MARKER} 20000000`, 'close 3'] : []),
    `open proc:7/trace ${traceFlags}`,
    'open proc:7/mem 1030000',
    'open proc:7/regs/int 1030000',
    'open proc:7/regs/float 1030000',
  ];

  it(marks ? 'TRACEME creates a marker exclusively' : 'TRACEME makes no system call', () => {
    const { libc, run, log } = tracer(undefined, profile);
    expect(run(libc.ptrace(PTRACE_TRACEME))).to.equal(0);
    const calls = [`${SYS_GETPID.toString(16)}   `, `${MARKER} 2a000000`];
    expect(log).to.deep.equal(marks ? calls : []);
  });

  it(`TRACEME ${marks ? 'fails' : 'succeeds'} without ipcd`, () => {
    const without = tracer((call) => (call.number === SYS_OPEN ? -ENODEV : Number.NaN), profile);
    const result = without.run(without.libc.ptrace(PTRACE_TRACEME));
    expect([result, without.libc.errno]).to.deep.equal(marks ? [-1, ENODEV] : [0, 0]);
  });

  for (const request of RESUMING) {
    const [first = '', later = ''] = expected.words[request] ?? [];
    it(`request ${request} opens the session, sends SIGCONT and writes ${first}, then ${later}`, () => {
      const { libc, run, log } = tracer(undefined, profile);
      expect(run(libc.ptrace(request, TRACEE, 123, 9))).to.equal(0);
      expect(log).to.deep.equal([...session, KILL, `write ${trace} ${first}`]);
      log.length = 0;
      expect(run(libc.ptrace(request, TRACEE, 123, 9))).to.equal(0);
      expect(log).to.deep.equal([KILL, `write ${trace} ${later}`]);
    });
  }

  it('any resume ends what is special about the first', () => {
    const { libc, run, log } = tracer(undefined, profile);
    run(libc.ptrace(PTRACE_CONT, TRACEE));
    run(libc.ptrace(PTRACE_SYSCALL, TRACEE));
    expect(log.at(-1)).to.equal(`write ${trace} ${expected.words[PTRACE_SYSCALL]?.[1]}`);
  });

  it('GETREGS reads regs/int, SETREGS writes it, neither resumes', () => {
    const { libc, run, log } = tracer(undefined, profile);
    run(libc.ptrace(PTRACE_GETREGS, TRACEE, 0, 0x1000));
    expect(log.slice(0, -1)).to.deep.equal(session);
    expect(log.at(-1)).to.match(new RegExp(`^${SYS_READ.toString(16)} ${trace + 2} \\d+ 168$`));
    run(libc.ptrace(PTRACE_SETREGS, TRACEE, 0, 0x1000));
    expect(log.at(-1)).to.match(new RegExp(`^write ${trace + 2} [0-9a-f]{336}$`));
    run(libc.ptrace(PTRACE_SYSCALL, TRACEE));
    expect(log.at(-1)).to.equal(`write ${trace} ${expected.words[PTRACE_SYSCALL]?.[0]}`);
  });

  it('every other request ends the program, which says its name and the revision', () => {
    const named = PTRACE_REQUESTS.map(([name, number]) => [`${name} (${number})`, number] as const);
    const others = [...named, ['request 99', 99] as const];
    for (const [name, request] of others.filter(([, number]) => !DONE.includes(number))) {
      const lines: string[] = [];
      const { libc, run } = tracer((call, process) => {
        if (call.number === SYS_WRITE) lines.push(`${call.a}: ${text(process, call.b, call.c)}`);
        return Number.NaN;
      }, profile);
      expect(() => run(libc.ptrace(request, TRACEE)), name).to.throw(Exited, 'exit(1)');
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(/^2: RELIBC PANIC: /);
      expect(lines[0]).to.contain(`${name} in relibc ${profile.revision}`);
      expect(libc.lastWords).to.contain(name);
    }
  });

  it(`a process without a marker ${marks ? 'is ESRCH' : 'is attached'}, whatever the request`, () => {
    for (const request of [PTRACE_CONT, PTRACE_GETREGS]) {
      const { libc, run, log } = tracer(unmarked, profile);
      const result = run(libc.ptrace(request, TRACEE, 0, 0x1000));
      expect(result).to.equal(marks ? -1 : 0);
      if (marks) expect([libc.errno, log]).to.deep.equal([ESRCH, [`${MARKER} 20000000`]]);
    }
  });

  it('waitpid on a session waits by the trace file and pretends SIGSTOP', () => {
    const { libc, run, log } = tracer(undefined, profile);
    run(libc.ptrace(PTRACE_SYSCALL, TRACEE));
    log.length = 0;
    expect(run(libc.wait(TRACEE))).to.deep.equal({ pid: TRACEE, status: 0x137f });
    const waits = log.map((line) =>
      line
        .replace(new RegExp(`^write ${trace} `), 'write ')
        .replace(new RegExp(`^${SYS_READ.toString(16)} ${trace} \\d+ `), 'read '),
    );
    expect(waits.slice(0, -1)).to.deep.equal(expected.waits);
    expect(waits.at(-1)).to.match(new RegExp(`^${WAITPID} 7 \\d+ ${expected.waitOptions}$`));
  });

  it('waitpid on a session ignores errors of the trace file and reports what the kernel has', () => {
    const { libc, run } = tracer((call, process) => {
      if (call.number === SYS_WRITE) return -ESRCH;
      if (call.number === SYS_READ) return -EAGAIN;
      if (call.number !== SYS_WAITPID) return Number.NaN;
      process.memory.storeNumber(Number(call.b), 0x7b00);
      return TRACEE;
    }, profile);
    run(libc.ptrace(PTRACE_GETREGS, TRACEE, 0, 0x1000));
    expect(run(libc.wait(TRACEE))).to.deep.equal({ pid: TRACEE, status: 0x7b00 });
  });

  it('waitpid with WNOHANG never looks at the trace file (KP-67)', () => {
    const { libc, run, log } = tracer(undefined, profile);
    run(libc.ptrace(PTRACE_SYSCALL, TRACEE));
    log.length = 0;
    expect(run(libc.wait(TRACEE, 1))).to.deep.equal({ pid: 0, status: 0 });
    expect(log.filter((line) => !line.startsWith(WAITPID))).to.deep.equal([]);
  });

  it(`waitpid without a session ${marks ? 'looks for a marker, adds WUNTRACED' : 'is plain'}`, () => {
    const options: number[] = [];
    const { libc, run, log } = tracer((call, process) => {
      if (call.number === SYS_WAITPID) options.push(Number(call.c));
      return call.number === SYS_WAITPID ? TRACEE : unmarked(call, process);
    }, profile);
    expect(run(libc.wait(TRACEE)).pid).to.equal(TRACEE);
    expect(options).to.deep.equal([marks ? 2 : 0]);
    expect(log.filter((line) => line.startsWith('open'))).to.deep.equal(
      marks ? [`${MARKER} 20000000`] : [],
    );
    expect(libc.errno).to.equal(marks ? ESRCH : 0);
  });

  it(`waitpid(-1) asks the kernel for pid 0${expected.special ? ', after its marker' : ''}`, () => {
    const { libc, run, log } = tracer(unmarked, profile);
    run(libc.wait(-1));
    expect(log.at(-1)).to.match(new RegExp(`^${WAITPID} 0 `));
    const opened = log.filter((line) => line.startsWith('open'));
    const looked = ['open chan:ptrace-relibc/0/traceme 20000000'];
    expect(opened).to.deep.equal(expected.special ? looked : []);
  });

  it(`waitpid ${expected.strict ? 'ends the program for' : 'passes on'} __WALL (KP-60)`, () => {
    const { libc, run } = tracer(unmarked, profile);
    const wait = () => run(libc.wait(TRACEE, 0x4000_0000));
    if (!expected.strict) wait();
    else {
      expect(wait).to.throw(Exited, 'exit(1)');
      expect(libc.lastWords).to.contain(`options 0x40000002 in relibc ${profile.revision}`);
    }
  });

  it('no futex is called while nobody waits for the table of sessions', () => {
    const { libc, run, answer } = tracer(undefined, profile);
    run(libc.ptrace(PTRACE_SYSCALL, TRACEE));
    run(libc.wait(TRACEE));
    expect(answer.getCalls().some(({ args: [call] }) => call.number === SYS_FUTEX)).to.equal(false);
  });
}

describe('what later revisions of relibc repaired', () => {
  /** A kernel whose waits give these results and statuses, for a process without a marker. */
  function untraced(revision: string, results: (readonly [number, number])[]) {
    const left = [...results];
    return tracer((call, process) => {
      if (call.number !== SYS_WAITPID) return unmarked(call, process);
      const [result, status] = left.shift() ?? [-ECHILD, 0];
      process.memory.storeNumber(Number(call.b), status);
      return result;
    }, libcProfile(revision));
  }

  for (const [revision, pid, status] of [
    ['a3e1eed1', TRACEE, 0x137f],
    ['825e5c77', TRACEE, 0x0500],
  ] as const) {
    const does = status === 0x137f ? 'reports' : 'hides';
    it(`${revision} ${does} the stop of a process that is not traced (KP-24)`, () => {
      const stopThenExit = [
        [TRACEE, 0x137f],
        [TRACEE, 0x0500],
      ] as const;
      const { libc, run } = untraced(revision, [...stopThenExit]);
      expect(run(libc.wait(TRACEE))).to.deep.equal({ pid, status });
    });
  }

  for (const [revision, termsig] of [
    ['825e5c77', 1],
    ['37b60b67', 11],
  ] as const) {
    it(`WTERMSIG of ${revision} says ${termsig} of a process that SIGSEGV ended (KP-25)`, () => {
      const { libc } = tracer(undefined, libcProfile(revision));
      expect(libc.WTERMSIG(11)).to.equal(termsig);
      expect(libc.WTERMSIG(0x0500)).to.equal(0);
    });
  }
});
