// Pairs and reasons on runs made by hand: what each revision does is what the documents of its known
// problems say; what Linux does is ptrace(2).
import { expect } from 'chai';
import { PTRACE_GETREGS } from '../../../compat/index.js';
import { align } from '../../../lib/compare/align.js';
import { decode } from '../../../lib/compare/decode.js';
import { type Explanation, explain } from '../../../lib/compare/explain.js';
import { Names } from '../../../lib/compare/names.js';
import { CALL } from '../../../lib/compare/raw-call.js';
import type { End, Recording, Seen, Waiting } from '../../../lib/compare/recording.js';
import { renderText } from '../../../lib/compare/text.js';

const exited: End = { kind: 'exited', status: 0 };
const fork: Seen = { call: 'fork', process: 'tracer', result: 'p1' };
const exit: Seen = { call: 'exit', process: 'tracer', status: 0, result: 'never' };

function request(name: string, result = '0'): Seen {
  return { call: 'ptrace', request: `PTRACE_${name}`, process: 'p1', result };
}

function wait(status: string, found = 'p1', process = 'p1'): Seen {
  const base = { call: 'wait', process, options: '0', result: found, status } as const;
  return found === process ? base : { ...base, found };
}

function never(process: string): Seen {
  return { call: 'wait', process, options: '0', result: 'never' };
}

function deadlock(...waiting: Waiting[]): End {
  return { kind: 'deadlock', waiting };
}

interface Run {
  readonly seen: readonly Seen[];
  readonly end?: End;
  readonly on?: string;
  readonly kernel?: string;
  readonly exceptions?: Readonly<Record<string, readonly string[]>>;
}

function recording({ on = 'relibc-2019-08-04', kernel = 'P7', ...run }: Run): Recording {
  return { on, kernel, program: 'x.elf', args: [], stdout: '', stderr: '', end: exited, ...run };
}

/** Why the first line differs that does. */
function first(linux: readonly Seen[], here: Run): Explanation | undefined {
  const run = recording(here);
  const alignment = align(recording({ seen: linux, on: 'linux' }), run);
  return explain(alignment, run)[alignment.first ?? -1];
}

describe('the first difference', () => {
  it('is one call in both runs, however it came out', () => {
    const linux = [fork, wait('stopped by SIGTRAP'), request('CONT'), wait('exited 0'), exit];
    const { rows, first: index } = align(
      recording({ seen: linux, on: 'linux' }),
      recording({ seen: [fork, wait('exited 0'), exit] }),
    );
    expect(index).to.equal(1);
    expect(rows[1]?.linux).to.equal(linux[1]);
    expect(rows[1]?.here).to.deep.equal(wait('exited 0'));
  });

  it('is KP-29 where a child that was to stop at its exec ran to its end', () => {
    const linux = [fork, wait('stopped by SIGTRAP'), request('CONT'), wait('exited 0'), exit];
    expect(first(linux, { seen: [fork, wait('exited 0'), exit] })?.problem).to.equal('KP-29');
  });

  it('is chance where another child is the first', () => {
    const linux = [fork, wait('stopped by SIGSTOP', 'p2', 'any'), exit];
    const here = [fork, wait('stopped by SIGSTOP', 'p1', 'any'), exit];
    expect(first(linux, { seen: here })?.title).to.match(/left to the schedulers/);
  });

  it('is KP-20 where a wait for any child does not see the stop of one', () => {
    const linux = [fork, wait('stopped by SIGTRAP', 'p1', 'any'), exit];
    const end = deadlock({ process: 'p1', what: 'its tracer, at PTRACE_STOP_PRE_SYSCALL' });
    expect(first(linux, { seen: [fork, never('any')], end })?.problem).to.equal('KP-20');
  });

  it('is KP-02 where the first relibc waits for any child', () => {
    const linux = [fork, wait('stopped by SIGSTOP', 'p1', 'any'), exit];
    const end = deadlock({ process: 'p1', what: 'SIGCONT, as SIGSTOP stopped it' });
    const run = { seen: [fork, never('any')], end, on: 'relibc-2019-07-10', kernel: 'P2' };
    expect(first(linux, run)?.problem).to.equal('KP-02');
  });

  it('is a limit where a signal reaches the tracee without its tracer', () => {
    const linux = [fork, wait('stopped by SIGSEGV'), request('CONT'), wait('killed by SIGSEGV')];
    for (const seen of [
      [fork, wait('killed by SIGSEGV')],
      [fork, never('p1')],
    ]) {
      expect(first(linux, { seen })?.title).to.match(/never asks the kernel for stops at signals/);
    }
  });

  it('is KP-37 where the kernel hangs for a lock', () => {
    const reason =
      'kernel hang: pid 5 (x.elf) spins for the files of proc:, with which pid 4 sleeps';
    const run = { seen: [fork, never('p1')], end: { kind: 'failed', reason } as const };
    expect(first([fork, wait('stopped by SIGTRAP')], run)?.problem).to.equal('KP-37');
  });

  it('is KP-16 where int3 ended the process, not where it killed itself with SIGTRAP', () => {
    const linux = [fork, wait('stopped by SIGTRAP'), request('CONT'), wait('killed by SIGTRAP')];
    const seen = [fork, wait('killed by SIGTRAP')];
    expect(first(linux, { seen, exceptions: { p1: ['int3'] } })?.problem).to.equal('KP-16');
    expect(first(linux, { seen })?.title).to.match(/never asks the kernel for stops at signals/);
  });

  it('is a limit where relibc has no such function', () => {
    const other = (result: string): Seen => ({
      call: 'other',
      process: 'tracer',
      name: 'process_vm_readv',
      argument: 'p1',
      result,
    });
    const run = { seen: [fork, other('ENOSYS'), exit] };
    expect(first([fork, other('0'), exit], run)?.title).to.match(/has no process_vm_readv\(\)/);
  });

  it('is a limit where an alarm was set, and KP-57 where there was a stop at once', () => {
    const alarm: Seen = { call: 'other', process: 'tracer', name: 'alarm', result: '0' };
    const interrupted = { call: 'wait', process: 'p1', options: '0', result: 'EINTR' } as const;
    const linux = [fork, alarm, request('CONT'), interrupted];
    const before = [fork, alarm, request('CONT')];
    expect(first(linux, { seen: [...before, never('p1')] })?.title).to.match(/no SIGALRM comes/);
    const run = { seen: [...before, wait('stopped by SIGSTOP')], kernel: 'P2b' };
    expect(first(linux, run)?.problem).to.equal('KP-57');
  });

  it('is KP-58 where the session of a thread keeps another out', () => {
    const on = 'relibc-2021-12-01';
    const thread: Seen = { call: 'fork', process: 'thread', result: 't1' };
    const linux = [fork, thread, request('CONT'), exit];
    const run = { seen: [fork, thread, request('CONT', 'EBUSY'), exit], on, kernel: 'P12' };
    expect(first(linux, run)?.problem).to.equal('KP-58');
  });

  it('is KP-21 where threads wait for each other at the table of sessions', () => {
    const thread: Seen = { call: 'fork', process: 'thread', result: 't1' };
    const linux = [fork, thread, wait('stopped by SIGTRAP', 'p2', 'p2'), wait('exited 0')];
    expect(first(linux, { seen: [fork, thread, wait('exited 0')] })?.problem).to.equal('KP-21');
  });

  it('is a limit where a debugger sleeps until SIGCHLD', () => {
    const end = deadlock({ process: 'tracer', what: 'a signal' });
    const title = first([fork, wait('stopped by SIGTRAP')], { seen: [fork], end })?.title;
    expect(title).to.match(/sends no SIGCHLD/);
  });

  it('has no other reason for what comes after a panic', () => {
    const linux = [fork, wait('stopped by SIGSTOP'), wait('stopped by SIGSEGV'), exit];
    const panicked = { ...recording({ seen: [fork, never('p1')] }), stderr: 'RELIBC PANIC: x\n' };
    const alignment = align(recording({ seen: linux, on: 'linux' }), panicked);
    const reasons = explain(alignment, panicked).map((reason) => reason?.problem ?? reason?.title);
    expect(reasons).to.deep.equal([undefined, 'KP-60', undefined, undefined]);
  });

  it('is KP-38 where a wait follows the end of the tracee', () => {
    const linux = [fork, request('SYSCALL', 'ESRCH'), wait('exited 0'), exit];
    const what = 'PTRACE_STOP_PRE_SYSCALL of its tracee, p1';
    const end = deadlock({ process: 'tracer', what });
    const seen = [fork, request('SYSCALL', 'ESRCH'), never('p1')];
    const run = { seen, end, on: 'relibc-2021-12-01', kernel: 'P12' };
    expect(first(linux, run)?.problem).to.equal('KP-38');
  });

  it('is a limit where a request does not need a stop', () => {
    const linux = [fork, request('GETREGS', 'ESRCH'), exit];
    const run = { seen: [fork, request('GETREGS'), exit] };
    expect(first(linux, run)?.title).to.match(/does not ask whether its tracee is stopped/);
  });

  it('is none where a signal to itself ends the tracer in kill() or right after', () => {
    const kill = (result: string): Seen => ({
      call: 'kill',
      process: 'tracer',
      signal: 'SIGTERM',
      result,
    });
    const end: End = { kind: 'killed', signal: 'SIGTERM' };
    const linux = recording({ seen: [fork, kill('0')], end });
    expect(align(linux, recording({ seen: [fork, kill('never')], end })).first).to.equal(undefined);
  });
});

describe('a failed request', () => {
  it('shows nothing of the memory that it did not fill', () => {
    const names = new Names('linux', 10, undefined);
    const [seen] = decode(
      [
        {
          number: CALL.ptrace,
          args: [BigInt(PTRACE_GETREGS), 11n, 0n, 0x1000n],
          result: -3n,
          memory: new Uint8Array(216).fill(0xaa),
        },
      ],
      names,
    );
    expect(seen).to.deep.equal(request('GETREGS', 'ESRCH'));
  });
});

describe('the summary of a comparison', () => {
  it('does not say that a run is as on Linux if its output is not', () => {
    const linux = recording({ seen: [fork, exit], on: 'linux' });
    const here = { ...recording({ seen: [fork, exit] }), stdout: 'other' };
    const alignment = align(linux, here);
    const runs = [{ recording: here, alignment, explanations: explain(alignment, here) }];
    const text = renderText({ linux, recorded: undefined, runs }, { width: 80 });
    expect(text).to.match(
      /^relibc-2019-08-04 on kernel P7: makes the same calls, but stdout differ/m,
    );
  });
});
