// Round trips of tracers: a request that resumes the tracee, and the wait for its next stop.
import { PTRACE_SINGLESTEP, PTRACE_SYSCALL } from '../../compat/index.js';
import { Machine } from '../machine.js';
import { fastest, natively, onMachine, STOPS } from './measure.js';
import type { Section } from './section.js';

const STOPS_NATIVELY = 50_000;
const STOPS_HERE = 20_000;

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
  for (let i = 0; i < 1000; i++) round();
  const start = performance.now();
  for (let i = 0; i < STOPS_HERE; i++) round();
  return STOPS_HERE / ((performance.now() - start) / 1000);
}

/** Stops per second of a tracer of machine code, both here and on the host. */
function program(kind: string): { native: number; machine: number } {
  const idle = fastest(3, () => natively(STOPS, kind, '1')).seconds;
  const native = fastest(2, () => natively(STOPS, kind, String(STOPS_NATIVELY))).seconds - idle;
  const { seconds } = onMachine(STOPS, kind, String(STOPS_HERE)).statistics;
  return { native: STOPS_NATIVELY / native, machine: STOPS_HERE / seconds };
}

export function ptraceSection(): Section {
  const kinds: readonly [string, string, number][] = [
    ['single step', 'step', PTRACE_SINGLESTEP],
    ['system-call stop', 'syscall', PTRACE_SYSCALL],
  ];
  const rows = kinds.map(([stop, kind, request]) => {
    const facadePerSecond = facade(request);
    const { native, machine } = program(kind);
    return {
      stop,
      facadePerSecond,
      programPerSecond: machine,
      nativePerSecond: native,
      facadeTimesNative: facadePerSecond / native,
      programTimesNative: machine / native,
    };
  });
  return {
    title: 'Tracers: stops per second (qemu-x86_64 has no ptrace)',
    rows,
    notes: [],
  };
}
