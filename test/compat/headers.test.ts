import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { LinuxSigAction, LinuxStat } from '../../compat/headers/linux.js';
import * as ptraceHeader from '../../compat/headers/sys-ptrace.js';
import * as waitHeader from '../../compat/headers/sys-wait.js';
import {
  __ptrace_peeksiginfo_args,
  __ptrace_rseq_configuration,
  __ptrace_seccomp_metadata,
  __ptrace_syscall_info,
  decodeWaitStatus,
  iovec,
  linuxErrno,
  linuxErrnoOf,
  siginfo_t,
  user,
  user_fpregs_struct,
  user_regs_struct,
  W_EXITCODE,
  W_STOPCODE,
  WCOREDUMP,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSIGNALED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
} from '../../compat/index.js';
import { EDEADLOCK, ENOTRECOVERABLE, EWOULDBLOCK } from '../../kernel-sim/abi/index.js';

const STATUSES = [0, 0x100, 0x7b00, 0xff00, 9, 11, 0x8b, 0x137f, 0x57f, 0x857f, 0xffff, 0x7f, 0x80];

const ERRORS = [
  'EPERM',
  'EAGAIN',
  'EDEADLK',
  'ENOMSG',
  'EBFONT',
  'EILSEQ',
  'ENOTSOCK',
  'ETIMEDOUT',
];

const isNumber = (entry: [string, unknown]): entry is [string, number] =>
  typeof entry[1] === 'number';

/** Every constant that sys/ptrace.h and sys/wait.h give here. */
const CONSTANTS = [...Object.entries(ptraceHeader), ...Object.entries(waitHeader)].filter(isNumber);

/** Structures, by their names in C. */
const STRUCTURES: Readonly<Record<string, { size: number; fields: object }>> = {
  user,
  __ptrace_peeksiginfo_args,
  __ptrace_seccomp_metadata,
  __ptrace_rseq_configuration,
  iovec,
};
const FIELDS = Object.entries(STRUCTURES).flatMap(([name, { fields }]) =>
  Object.keys(fields).map((field) => `O(${name}, ${field})`),
);
const SIZES = [...Object.keys(STRUCTURES), '__ptrace_syscall_info', 'siginfo_t'];

/** The same questions to this machine's C compiler and headers. */
const SOURCE = `
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#define R(f) printf("regs " #f " %zu\\n", offsetof(struct user_regs_struct, f));
#define F(f) printf("fpregs " #f " %zu\\n", offsetof(struct user_fpregs_struct, f));
#define S(f, g) printf("stat " #g " %zu\\n", offsetof(struct stat, f));
#define C(c) printf("constant " #c " %lld\\n", (long long)(unsigned)(c));
#define O(s, f) printf("offset " #s " " #f " %zu\\n", offsetof(struct s, f));
#define Z(s) printf("sizeof " #s " %zu\\n", sizeof(struct s));
#define I(f, g) printf("offset siginfo_t " #f " %zu\\n", offsetof(siginfo_t, g));
#define E(e) printf("errno " #e " %d\\n", e);
int main(void) {
  int statuses[] = {${STATUSES.join(',')}};
  for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++) {
    int s = statuses[i];
    printf("wait %d %d%d%d%d%d %d %d %d\\n", s, !!WIFEXITED(s), !!WIFSIGNALED(s), !!WIFSTOPPED(s),
           !!WIFCONTINUED(s), !!WCOREDUMP(s), WEXITSTATUS(s), WTERMSIG(s), WSTOPSIG(s));
  }
  ${Object.keys(user_regs_struct.fields)
    .map((name) => `R(${name})`)
    .join(' ')}
  F(cwd) F(swd) F(ftw) F(fop) F(rip) F(rdp) F(mxcsr) F(mxcr_mask) F(st_space) F(xmm_space)
  S(st_dev, st_dev) S(st_ino, st_ino) S(st_nlink, st_nlink) S(st_mode, st_mode) S(st_uid, st_uid)
  S(st_gid, st_gid) S(st_rdev, st_rdev) S(st_size, st_size) S(st_blksize, st_blksize)
  S(st_blocks, st_blocks) S(st_atim, st_atime) S(st_mtim, st_mtime) S(st_ctim, st_ctime)
  ${ERRORS.map((name) => `E(${name})`).join(' ')}
  ${CONSTANTS.map(([name]) => `C(${name})`).join('\n')}
  ${FIELDS.join('\n')}
  ${SIZES.filter((name) => name !== 'siginfo_t')
    .map((name) => `Z(${name})`)
    .join(' ')}
  printf("sizeof siginfo_t %zu\\n", sizeof(siginfo_t));
  I(si_signo, si_signo) I(si_errno, si_errno) I(si_code, si_code) I(si_pid, si_pid)
  I(si_uid, si_uid) I(si_addr, si_addr)
  printf("offset syscall op %zu arch %zu ip %zu nr %zu args %zu ret_data %zu\\n",
         offsetof(struct __ptrace_syscall_info, op), offsetof(struct __ptrace_syscall_info, arch),
         offsetof(struct __ptrace_syscall_info, instruction_pointer),
         offsetof(struct __ptrace_syscall_info, entry.nr),
         offsetof(struct __ptrace_syscall_info, entry.args),
         offsetof(struct __ptrace_syscall_info, seccomp.ret_data));
  printf("made %d %d\\n", W_EXITCODE(7, 11), W_STOPCODE(19));
  printf("size regs %zu fpregs %zu stat %zu\\n", sizeof(struct user_regs_struct),
         sizeof(struct user_fpregs_struct), sizeof(struct stat));
}`;

function answersOfC(): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'headers-'));
  try {
    writeFileSync(join(directory, 'headers.c'), SOURCE);
    execFileSync('gcc', ['headers.c', '-o', 'headers'], { cwd: directory });
    return execFileSync(join(directory, 'headers'), { encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('headers', () => {
  let answers: string[] = [];

  before('needs gcc', function () {
    if (spawnSync('gcc', ['--version']).error !== undefined) this.skip();
    answers = answersOfC();
  });

  function about(subject: string): string[] {
    return answers.filter((line) => line.startsWith(`${subject} `));
  }

  it('take a wait status apart as the macros of C do', () => {
    const ours = STATUSES.map((s) => {
      const tests = [WIFEXITED(s), WIFSIGNALED(s), WIFSTOPPED(s), WIFCONTINUED(s), WCOREDUMP(s)];
      const values = [WEXITSTATUS(s), WTERMSIG(s), WSTOPSIG(s)].join(' ');
      return `wait ${s} ${tests.map(Number).join('')} ${values}`;
    });
    expect(ours).to.deep.equal(about('wait'));
  });

  it('have the registers and struct stat where C has them', () => {
    for (const [name, fields] of [
      ['regs', user_regs_struct.fields],
      ['fpregs', user_fpregs_struct.fields],
      ['stat', LinuxStat.fields],
    ] as const) {
      const offsets: Record<string, { offset: number }> = fields;
      for (const line of about(name)) {
        const [, field = '', offset] = line.split(' ');
        expect(offsets[field]?.offset, line).to.equal(Number(offset));
      }
    }
    const sizes = [user_regs_struct.size, user_fpregs_struct.size, LinuxStat.size];
    expect(about('size')).to.deep.equal([
      `size regs ${sizes[0]} fpregs ${sizes[1]} stat ${sizes[2]}`,
    ]);
  });

  it('have the number of every constant of sys/ptrace.h and sys/wait.h', () => {
    const ours = CONSTANTS.map(([name, value]) => `constant ${name} ${value}`);
    expect(ours).to.deep.equal(about('constant'));
    expect(ours).to.have.length.greaterThan(80);
  });

  it('have the structures of sys/ptrace.h, sys/user.h and sys/uio.h where C has them', () => {
    const all: Record<string, { size: number; fields: object }> = {
      ...STRUCTURES,
      siginfo_t,
      __ptrace_syscall_info,
    };
    const sizes = SIZES.map((name) => `sizeof ${name} ${all[name]?.size}`);
    expect(sizes).to.deep.equal(about('sizeof'));
    const offsets = Object.entries({ ...STRUCTURES, siginfo_t }).flatMap(([name, { fields }]) =>
      Object.entries(fields).map(([field, { offset }]) => `offset ${name} ${field} ${offset}`),
    );
    const { op, arch, instruction_pointer, nr, args0, ret_data } = __ptrace_syscall_info.fields;
    const places = [
      `offset syscall op ${op.offset} arch ${arch.offset} ip ${instruction_pointer.offset}`,
      `nr ${nr.offset} args ${args0.offset} ret_data ${ret_data.offset}`,
    ].join(' ');
    expect([...offsets, places]).to.deep.equal(about('offset'));
  });

  it('put a wait status together as the macros of C do', () => {
    expect(about('made')).to.deep.equal([`made ${W_EXITCODE(7, 11)} ${W_STOPCODE(19)}`]);
  });

  it('say in one case what the macros say of a status', () => {
    for (const status of STATUSES.filter((each) => each !== 0x80)) {
      const result = decodeWaitStatus(status);
      expect(result.kind === 'exited', `${status}`).to.equal(WIFEXITED(status));
      expect(result.kind === 'signaled').to.equal(WIFSIGNALED(status));
      expect(result.kind === 'continued').to.equal(WIFCONTINUED(status));
      if (result.kind === 'stopped') expect(result.signal).to.equal(WSTOPSIG(status));
    }
    // PTRACE_EVENT_CLONE of a seized or traced process, ptrace(2)
    const clone = decodeWaitStatus((5 << 8) | (3 << 16) | 0x7f);
    expect(clone).to.deep.equal({ kind: 'stopped', signal: 5, event: 3 });
  });

  it('have the numbers of Linux for errors', () => {
    for (const line of about('errno')) {
      const [, name = '', number] = line.split(' ');
      expect(linuxErrno(name), line).to.equal(Number(number));
    }
  });

  it("translate Redox's shifted numbers by name", () => {
    expect(linuxErrnoOf(EWOULDBLOCK)).to.equal(linuxErrno('EAGAIN'));
    expect(linuxErrnoOf(EDEADLOCK)).to.equal(linuxErrno('EDEADLK'));
    expect(linuxErrnoOf(ENOTRECOVERABLE)).to.equal(131);
  });

  it('encode what they decode', () => {
    for (const codec of [user_regs_struct, LinuxSigAction]) {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: codec.size, maxLength: codec.size }), (bytes) => {
          // Words that are kept as doubles are exact below 2^53 only.
          for (let at = 6; at < bytes.length; at += 8) bytes.fill(0, at, at + 2);
          const again = codec.encode(codec.decode(bytes) as never);
          expect(again).to.deep.equal(bytes);
        }),
      );
    }
  });
});
