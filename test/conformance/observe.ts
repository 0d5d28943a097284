// Runs the programs that check the clauses, on machines of their own, and compares what they say
// with what is expected.
import {
  DeadlockError,
  type FaultOverrides,
  KernelHang,
  KernelPanic,
  RandomScheduler,
  type Scheduler,
} from '../../kernel-sim/index.js';
import { Machine, RecordedStreams } from '../../lib/index.js';
import { repository } from '../lib/support.js';
import {
  type Clause,
  type Deviation,
  expectationOf,
  type KernelName,
  type Section,
} from './expectations.js';

export const HOLDS = 'holds';

/** Longest turn of a context under a random scheduler, in instructions: short, to meet more. */
const TURN = 2000;

/** Bytes; a machine is made much faster with few. */
const MEMORY = 32 * 2 ** 20;

/** Besides the kernel, what a run depends on. */
export interface Circumstances {
  /** Who runs next is random, by this. */
  readonly seed?: number;
  /** Only kernels from 2020-04 on have more than one. */
  readonly cpus?: number;
  /** Faults that the kernel is given, or spared. */
  readonly faults?: FaultOverrides;
}

export interface Verdict {
  readonly kind: 'n/a' | 'holds' | 'differs' | 'unexpected';
  /** What was seen, or nothing where it is no surprise. */
  readonly saw: string;
  readonly deviation?: Deviation;
}

/** One kernel's outcome of each clause of a section. */
export function verdicts(
  section: Section,
  kernel: KernelName,
  how: Circumstances = {},
): ReadonlyMap<string, Verdict> {
  const due = section.clauses.filter((one) => expectationOf(one, kernel).kind !== 'n/a');
  const seen = observe(
    section.program,
    kernel,
    due.map(({ name }) => name),
    how,
  );
  return new Map(
    section.clauses.map((one) => [one.name, judge(one, kernel, how, seen.get(one.name))]),
  );
}

function judge(
  clause: Clause,
  kernel: KernelName,
  { seed, cpus = 1 }: Circumstances,
  saw = 'nothing was checked',
): Verdict {
  const expected = expectationOf(clause, kernel);
  if (expected.kind === 'n/a') return { kind: 'n/a', saw: '' };
  const { deviation } = expected;
  const mayHold = deviation === undefined || deviation.race;
  if (saw === HOLDS && mayHold) return { kind: 'holds', saw };
  // a race is one only where who runs next is not always the same
  const ordered = seed === undefined && cpus === 1;
  const mayDiffer = deviation !== undefined && !(deviation.race && ordered);
  if (mayDiffer && saw === deviation.saw) return { kind: 'differs', saw, deviation };
  return { kind: 'unexpected', saw };
}

/** What a program says of some clauses. One that the machine does not survive ends it. */
export function observe(
  program: string,
  kernel: KernelName,
  clauses: readonly string[],
  how: Circumstances = {},
): Map<string, string> {
  const seen = new Map<string, string>();
  let due = clauses;
  while (due.length > 0) {
    const end = runProgram(program, [kernel, ...due], kernel, how, seen);
    const left = due.filter((name) => !seen.has(name));
    const [next] = left;
    // the one that the machine did not survive, or that the program knows nothing of
    if (next !== undefined && (end !== undefined || left.length === due.length)) {
      seen.set(next, end ?? 'nothing was said of it');
    }
    due = left.filter((name) => !seen.has(name));
  }
  return seen;
}

/** Why the machine stopped, if it did not end by itself. */
function runProgram(
  program: string,
  args: readonly string[],
  kernel: KernelName,
  { seed, cpus, faults }: Circumstances,
  seen: Map<string, string>,
): string | undefined {
  const host = new RecordedStreams();
  const machine = new Machine({
    profile: 'redox',
    kernel,
    host,
    directory: repository,
    memory: MEMORY,
    engine: 'interp', // nothing here runs long enough to be worth translating
    ...(cpus !== undefined && { cpus }),
    ...(faults !== undefined && { faults }),
    ...(seed !== undefined && { scheduler: random(seed), seed }),
  });
  try {
    machine.run(machine.start(`test/conformance/${program}.elf`, { args }));
    return undefined;
  } catch (error) {
    return endOf(error);
  } finally {
    for (const line of host.stdout.split('\n')) {
      const [name = '', ...text] = line.split(': ');
      if (text.length > 0) seen.set(name, text.join(': '));
    }
  }
}

function random(seed: number): Scheduler {
  return new RandomScheduler(seed, { quantum: TURN });
}

function endOf(error: unknown): string {
  if (error instanceof KernelHang) return 'the kernel hangs';
  if (error instanceof KernelPanic) return 'the kernel panics';
  if (error instanceof DeadlockError) return 'nothing can ever run again';
  throw error;
}
