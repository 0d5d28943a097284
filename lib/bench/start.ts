// Start-up time and memory of a whole process that runs a program which does nothing.
import {
  fastest,
  KERNELS,
  natively,
  onMachine,
  onQemu,
  plainNode,
  profiledOnMachine,
} from './measure.js';
import type { Section } from './section.js';

const TRIES = 10;

export function startSection(): Section {
  const ways: Record<string, number | undefined> = {
    'relibc-ptrace run': fastest(TRIES, () => onMachine(KERNELS, ['nothing', '0'])).seconds,
    'of that, node alone': fastest(TRIES, plainNode).seconds,
    natively: fastest(TRIES, () => natively(KERNELS, ['nothing', '0']))?.seconds,
    'qemu-x86_64': fastest(TRIES, () => onQemu(KERNELS, ['nothing', '0']))?.seconds,
  };
  return {
    title: 'Start to end of a program that does nothing, whole process',
    rows: Object.entries(ways).map(([way, seconds]) => ({
      way,
      milliseconds: seconds && seconds * 1000,
    })),
    notes: [],
  };
}

export function memorySection(): Section {
  const works: readonly [string, string][] = [
    ['nothing', '0'],
    ['sort', '30000'],
    ['forks', '100'],
  ];
  return {
    title: 'Memory: frames of 4 KiB in use at most, and the host process that holds them',
    rows: works.map(([name, size]) => {
      const { statistics } = profiledOnMachine(KERNELS, [name, size]);
      return {
        program: `kernels ${name} ${size}`,
        peakFrames: statistics.peakFrames,
        residentMegabytes: statistics.peakResidentBytes / 2 ** 20,
      };
    }),
    notes: [],
  };
}
