// Runs a test under many schedules: round robin first, then seeded random ones. What a tracer is
// promised must not depend on who runs when.
import { it as plainly } from 'mocha';
import { Cpu } from '../../../cpu/index.js';
import { type KernelProfile, RandomScheduler, type Scheduler } from '../../../kernel-sim/index.js';
import { interpreter, MEMORY } from '../machine.js';

const SEEDS = Number(process.env.SEEDS ?? 20);
/** Turns long enough for a few calls of a hosted program, or short enough for one instruction. */
const LONGEST_TURN = 2000;
/** A kernel leaves the frames of its last processes behind. */
const MACHINES_PER_CPU = 50;

let seed: number | undefined;
let cpu: Cpu | undefined;
let machines = 0;

/** Who runs next in the machines of the test that is running; undefined: the kernel's own way. */
export const currentScheduler = (): Scheduler | undefined =>
  seed === undefined ? undefined : new RandomScheduler(seed, { quantum: LONGEST_TURN });

/** How many CPUs the machines of the test that is running have: two in every other schedule. */
export const currentCpus = ({ multiCore }: KernelProfile): number =>
  multiCore && seed !== undefined && seed % 2 === 0 ? 2 : 1;

/** A CPU for the test that is running, which earlier ones may have used. */
export function sharedCpu(): Cpu {
  if (cpu === undefined || machines++ % MACHINES_PER_CPU === 0) {
    cpu = new Cpu({ memory: MEMORY, interpreter });
  }
  return cpu;
}

/** For what holds only as long as nobody comes between: mocha's own. */
export const onRoundRobin = plainly;

/** mocha's, for tests that hold whoever runs when. */
export function it(title: string, body: () => void): void {
  plainly(title, () => {
    body();
    try {
      for (seed = 1; seed <= SEEDS; seed++) body();
    } catch (error) {
      if (error instanceof Error) error.message += ` (seed ${seed})`;
      throw error;
    } finally {
      seed = undefined;
    }
  });
}

/** {@link it} where it matters most, once elsewhere: schedules do not differ between revisions. */
export const itAt = (revision: string): typeof it =>
  ['P2', 'P4', 'P7', 'P9'].includes(revision) ? it : onRoundRobin;
