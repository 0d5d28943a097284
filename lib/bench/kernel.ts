// What the kernel's own work costs: processes, switches, pipes, and stops through bare proc: files,
// beside Linux on the same host. The programs do the same on both.
import {
  O_RDWR,
  O_TRUNC,
  PTRACE_STOP_POST_SYSCALL,
  PTRACE_STOP_PRE_SYSCALL,
  PtraceEvent,
  SYS_GETPID,
  SYS_OPEN,
  SYS_READ,
  SYS_WRITE,
  type SystemCalls,
  type Userspace,
} from '../../kernel-sim/abi/index.js';
import { FileTree } from '../../kernel-sim/index.js';
import { Machine } from '../machine.js';
import { elf } from '../problems/elf.js';
import { fastest, natively, onMachine, PROCESSES, profiledOnMachine, type Run } from './measure.js';
import { nativeStops } from './ptrace.js';
import type { Section } from './section.js';

const LIVE = 10_000;
const STOPS = 100_000;
const BYTES = 8;

/** What is done, by what argument, how often here and natively, and how often in each of these. */
const WORKS = [
  { work: 'fork, exit and wait', kind: 'fork', count: 20_000, times: 1 },
  { work: 'pipe round trip', kind: 'pipe', count: 100_000, times: 1 },
  { work: 'context switch', kind: 'yield', count: 100_000, times: 2 },
] as const;

/** How often per second, with the start of the program taken off. */
function perSecond(run: (count: number) => Run | undefined, count: number): number | undefined {
  const long = fastest(2, () => run(count));
  const short = fastest(2, () => run(1));
  return long && short && count / (long.seconds - short.seconds);
}

/** A tracee that calls getpid for ever: mov eax, SYS_GETPID; syscall; jmp back. */
const TRACEE = elf(Uint8Array.of(0xb8, SYS_GETPID, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7));

/** Entries and ends of system calls that a tracer sees per second which reads and writes proc:. */
function rawStops(): number {
  const files = new FileTree();
  files.addFile('tracee', TRACEE, 0o755);
  const machine = new Machine({ profile: 'redox', files });
  const tracee = machine.start('/tracee');
  let seconds = 0;
  const tracer = machine.kernel.spawn({
    name: 'tracer',
    *program(user) {
      const start = performance.now();
      yield* trace(user, tracee.pid, STOPS);
      seconds = (performance.now() - start) / 1000;
      return 0;
    },
  });
  machine.kernel.run(() => tracer.exited);
  return STOPS / seconds;
}

function* trace(user: Userspace, pid: number, stops: number): SystemCalls<void> {
  const path = new TextEncoder().encode(`proc:${pid}/trace`);
  const buffer = user.reserve(PtraceEvent.size);
  user.memory.write(buffer, path);
  const call = { number: SYS_OPEN, a: buffer, b: path.length, c: O_RDWR | O_TRUNC };
  const file = yield call;
  const both = PTRACE_STOP_PRE_SYSCALL | PTRACE_STOP_POST_SYSCALL;
  const go = { number: SYS_WRITE, a: file, b: buffer, c: BYTES };
  const look = { number: SYS_READ, a: file, b: buffer, c: PtraceEvent.size };
  for (let i = 0; i < stops; i++) {
    user.memory.storeNumber(buffer, both);
    const written = yield go;
    const read = yield look;
    if (written !== BYTES || read !== PtraceEvent.size) {
      throw new Error(`proc:${pid}/trace gave ${written} and ${read}`);
    }
  }
}

export function kernelSection(): Section {
  const rows = WORKS.map(({ work, kind, count, times }) => {
    const ours = perSecond((n) => onMachine(PROCESSES, [kind, String(n)]), count);
    const native = perSecond((n) => natively(PROCESSES, [kind, String(n)]), count);
    const pinned = perSecond((n) => natively(PROCESSES, [kind, String(n)], true), count);
    return row(work, times, ours, native, pinned);
  });
  rows.push(
    row(
      'stop by proc:',
      1,
      rawStops(),
      nativeStops('syscall', false),
      nativeStops('syscall', true),
    ),
  );
  const { statistics } = profiledOnMachine(PROCESSES, ['live', String(LIVE)]);
  return {
    title: 'The kernel: how often per second',
    rows,
    summary: {
      liveProcesses: LIVE,
      liveMegabytes: statistics.peakResidentBytes / 2 ** 20,
      liveFrames: statistics.peakFrames,
    },
    notes: [
      'pinned: natively, with all processes on one processor, which is how Redox here has them',
      'stop by proc: is a tracer in TypeScript, natively ptrace()',
    ],
  };
}

function row(work: string, times: number, ours?: number, native?: number, pinned?: number) {
  return {
    work,
    perSecond: ours && ours * times,
    nativePerSecond: native && native * times,
    pinnedPerSecond: pinned && pinned * times,
    timesNative: ours && native && ours / native,
    timesPinned: ours && pinned && ours / pinned,
  };
}
