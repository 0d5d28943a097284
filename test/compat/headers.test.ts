import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { LinuxSigAction, LinuxStat } from '../../compat/headers/linux.js';
import {
  linuxErrno,
  linuxErrnoOf,
  user_fpregs_struct,
  user_regs_struct,
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

/** The same questions to this machine's C compiler and headers. */
const SOURCE = `
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#define R(f) printf("regs " #f " %zu\\n", offsetof(struct user_regs_struct, f));
#define F(f) printf("fpregs " #f " %zu\\n", offsetof(struct user_fpregs_struct, f));
#define S(f, g) printf("stat " #g " %zu\\n", offsetof(struct stat, f));
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

describe('headers', function () {
  this.timeout(20_000);
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
