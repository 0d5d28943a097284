// Throughput of the CPU: the kernels of programs/kernels.c.
import { fastest, KERNELS, natively, onMachine, onQemu } from './measure.js';
import type { Section } from './section.js';

interface Kernel {
  readonly name: string;
  readonly size: number;
  /** How many times the work is enlarged where it would be too short to time. */
  readonly enlarge: number;
}

const SUITE: readonly Kernel[] = [
  { name: 'registers', size: 10_000_000, enlarge: 20 },
  { name: 'memory', size: 5_000_000, enlarge: 20 },
  { name: 'sort', size: 30_000, enlarge: 1 },
  { name: 'sieve', size: 2_000_000, enlarge: 1 },
  { name: 'matrix', size: 120, enlarge: 1 },
  { name: 'text', size: 10_000, enlarge: 10 },
];

export function cpuSection(): Section {
  const idle = {
    native: fastest(5, () => natively(KERNELS, ['nothing', '0']))?.seconds ?? 0,
    qemu: fastest(5, () => onQemu(KERNELS, ['nothing', '0']))?.seconds ?? 0,
  };
  const rows = SUITE.map(({ name, size, enlarge }) => {
    const machine = onMachine(KERNELS, [name, String(size)]).statistics;
    const interpreter = onMachine(KERNELS, [name, String(size)], ['--engine', 'interp']).statistics;
    const native = fastest(3, () => natively(KERNELS, [name, String(size * enlarge)]));
    const qemu = fastest(2, () => onQemu(KERNELS, [name, String(size * enlarge)]));
    const nativeSeconds = native && Math.max(native.seconds - idle.native, 1e-4) / enlarge;
    const qemuSeconds = qemu && Math.max(qemu.seconds - idle.qemu, 1e-4) / enlarge;
    const { instructions, seconds } = machine;
    return {
      kernel: name,
      instructions,
      millionsPerSecond: instructions / seconds / 1e6,
      interpreterMillions: interpreter.instructions / interpreter.seconds / 1e6,
      seconds,
      nativeSeconds,
      qemuSeconds,
      timesQemu: qemuSeconds && qemuSeconds / seconds,
      timesNative: nativeSeconds && nativeSeconds / seconds,
    };
  });
  const ratios = rows.flatMap(({ timesQemu }) => (timesQemu === undefined ? [] : [timesQemu]));
  return {
    title: 'CPU: instructions per second, as usual and interpreted only; the same work elsewhere',
    rows,
    notes: ratios.length > 0 ? [`geometric mean: ${geometricMean(ratios).toFixed(3)} x qemu`] : [],
  };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
