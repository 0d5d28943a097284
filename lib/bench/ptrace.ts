// Round trips of tracers: a request that resumes the tracee, and the wait for its next stop.
import { PTRACE_SINGLESTEP, PTRACE_SYSCALL } from '../../compat/index.js';
import { Machine } from '../machine.js';
import { fastest, natively, onMachine, STOPS } from './measure.js';
import type { Section } from './section.js';

const STOPS_NATIVELY = 50_000;
const STOPS_HERE = 100_000;
/** Stops of the facade that are timed at once, of so many. */
const BATCH = 5000;
const BATCHES = 16;
/** Of a few runs the fastest counts, of all alike: other work on the machine only slows them. */
const RUNS = 4;

/** Stops per second of a tracer in TypeScript on a tracee of machine code. */
function facade(request: number): number {
  const machine = new Machine();
  const tracer = machine.tracer();
  const pid = tracer.spawn(STOPS, { args: ['child', '0'] });
  tracer.waitpid(pid);
  const round = (): void => {
    tracer.ptrace(request, pid);
    tracer.waitpid(pid);
  };
  let fastestBatch = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const start = performance.now();
    for (let i = 0; i < BATCH; i++) round();
    fastestBatch = Math.min(fastestBatch, performance.now() - start);
  }
  return BATCH / (fastestBatch / 1000);
}

/** Stops per second of a tracer of machine code. */
function program(kind: string): number {
  const run = (count: number) =>
    fastest(RUNS, () => onMachine(STOPS, [kind, String(count)])).seconds;
  return STOPS_HERE / (run(STOPS_HERE) - run(1));
}

/**
 * The same program on the host, as its scheduler likes or with both processes on one processor:
 * which is faster, and by how much, depends on what waking an idle processor costs.
 */
export function nativeStops(kind: string, onOneProcessor: boolean): number | undefined {
  const run = (count: number) =>
    fastest(RUNS, () => natively(STOPS, [kind, String(count)], onOneProcessor));
  const long = run(STOPS_NATIVELY);
  const short = run(1);
  return long && short && STOPS_NATIVELY / (long.seconds - short.seconds);
}

export function ptraceSection(): Section {
  const kinds: readonly [string, string, number][] = [
    ['single step', 'step', PTRACE_SINGLESTEP],
    ['system-call stop', 'syscall', PTRACE_SYSCALL],
  ];
  const rows = kinds.map(([stop, kind, request]) => {
    const facadePerSecond = facade(request);
    const programPerSecond = program(kind);
    const nativePerSecond = nativeStops(kind, false);
    const pinnedPerSecond = nativeStops(kind, true);
    return {
      stop,
      facadePerSecond,
      programPerSecond,
      nativePerSecond,
      pinnedPerSecond,
      facadeTimesNative: nativePerSecond && facadePerSecond / nativePerSecond,
      programTimesNative: nativePerSecond && programPerSecond / nativePerSecond,
      facadeTimesPinned: pinnedPerSecond && facadePerSecond / pinnedPerSecond,
      programTimesPinned: pinnedPerSecond && programPerSecond / pinnedPerSecond,
    };
  });
  return {
    title: 'Tracers: stops per second (qemu-x86_64 has no ptrace)',
    rows,
    notes: [
      'native: as the scheduler of the host likes, which may have to wake a processor at each stop',
      'pinned: natively, with tracer and tracee on one processor',
    ],
  };
}
