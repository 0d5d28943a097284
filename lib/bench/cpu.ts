// Throughput of the CPU: the same programs on the host, under other emulators and on both engines,
// whole processes with their start.
import {
  installed,
  natively,
  onMachine,
  onQemu,
  type ProfiledRun,
  profiledOnMachine,
  quicker,
  type Run,
  under,
} from './measure.js';
import { progress } from './progress.js';
import type { Section } from './section.js';
import { type BenchProgram, SUITE, Workshop } from './suite.js';

export interface CpuOptions {
  /** Names of programs; all of them if there are none. */
  readonly programs: readonly string[];
  /** Small sizes, each once: to see that everything works. */
  readonly quick: boolean;
}

const TRIES = 2;

export function cpuSection({ programs, quick }: CpuOptions): Section {
  const unknown = programs.find((name) => !SUITE.some((program) => program.name === name));
  if (unknown !== undefined) {
    const names = SUITE.map(({ name }) => name).join(', ');
    throw new RangeError(`no program ${unknown}; there are ${names}`);
  }
  const chosen = SUITE.filter(({ name }) => programs.length === 0 || programs.includes(name));
  const workshop = new Workshop();
  try {
    const rows = chosen.flatMap((program) => {
      progress(`${program.name}: compiling`);
      const call = workshop.make(program);
      return call === undefined ? [] : [measured(program, call, quick)];
    });
    return {
      title: `CPU: seconds of whole processes, the fastest of ${quick ? 1 : TRIES}`,
      rows,
      ...summary(rows, chosen),
      notes: [...workshop.remark(), ...remarks(quick)],
    };
  } finally {
    workshop[Symbol.dispose]();
  }
}

type Row = ReturnType<typeof measured>;

interface Runs {
  readonly native: Run | undefined;
  readonly qemu: Run | undefined;
  readonly blink: Run | undefined;
  readonly auto: Run;
}

function measured(
  { name, ...sizes }: BenchProgram,
  [file, ...before]: readonly [string, ...string[]],
  quick: boolean,
) {
  const argsFor = (size: number): string[] => [...before, String(size)];
  const args = argsFor(quick ? sizes.quickSize : sizes.size);
  let best = everywhere(name, file, args);
  for (let i = 1; i < (quick ? 1 : TRIES); i++) best = faster(best, everywhere(name, file, args));
  const { native, qemu, blink, auto } = best;
  progress(`${name}: here, profiled`);
  const { statistics } = profiledOnMachine(file, args);
  const { instructions } = statistics;
  const interp = interpreter(name, file, argsFor(quick ? sizes.quickSize : sizes.interpSize));
  return {
    program: name,
    nativeSeconds: native?.seconds,
    qemuSeconds: qemu?.seconds,
    ...(blink && { blinkSeconds: blink.seconds }),
    interpSeconds: secondsFor(instructions, interp),
    autoSeconds: auto.seconds,
    timesQemu: qemu && qemu.seconds / auto.seconds,
    interpMillions: interp.statistics.instructions / interp.statistics.seconds / 1e6,
    autoMillions: instructions / auto.seconds / 1e6,
    translating: share(statistics.times.translating, statistics.seconds),
  };
}

/** One after the other, so that what else the host does hits all of them. */
function everywhere(name: string, file: string, args: readonly string[]): Runs {
  const on = <T extends Run | undefined>(where: string, run: () => T): T => {
    progress(`${name}: ${where}`);
    return run();
  };
  const runs = {
    native: on('natively', () => natively(file, args)),
    qemu: on('qemu-x86_64', () => onQemu(file, args)),
    blink: on('blink', () => under('blink', file, args)),
    auto: on('here', () => onMachine(file, args)),
  };
  check(name, runs);
  return runs;
}

function faster(one: Runs, other: Runs): Runs {
  return {
    native: quicker(one.native, other.native),
    qemu: quicker(one.qemu, other.qemu),
    blink: quicker(one.blink, other.blink),
    auto: quicker(one.auto, other.auto),
  };
}

/** The interpreter does less work, which something else checks. */
function interpreter(name: string, file: string, args: readonly string[]): ProfiledRun {
  progress(`${name}: here, interpreted`);
  const interp = profiledOnMachine(file, args, ['--engine', 'interp']);
  check(name, { interp, other: natively(file, args) ?? onMachine(file, args) });
  return interp;
}

/** What a run would have taken, had it been so many instructions. */
function secondsFor(instructions: number, { seconds, statistics }: ProfiledRun): number {
  const start = seconds - statistics.seconds;
  return start + (statistics.seconds * instructions) / statistics.instructions;
}

function share(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)}%`;
}

function check(name: string, runs: Runs | Readonly<Record<string, Run>>): void {
  const outputs = Object.entries(runs).flatMap(([where, run]) => (run ? [{ where, run }] : []));
  const [first] = outputs;
  for (const { where, run } of outputs) {
    if (run.output === first?.run.output) continue;
    const said = outputs.map((each) => `${each.where}: ${each.run.output.trimEnd()}`).join('\n  ');
    throw new Error(`${name} does other work on ${where}:\n  ${said}`);
  }
}

function summary(rows: readonly Row[], programs: readonly BenchProgram[]): Partial<Section> {
  const ratios = rows.flatMap(({ program, timesQemu }) =>
    timesQemu === undefined ? [] : [{ program, timesQemu }],
  );
  if (ratios.length === 0) return {};
  const floats = programs.flatMap(({ name, floats }) => (floats ? [name] : []));
  const ofFloats = ratios.filter(({ program }) => floats.includes(program));
  return {
    summary: {
      geometricMean: geometricMean(ratios),
      ...(ofFloats.length > 0 && { geometricMeanOfFloats: geometricMean(ofFloats) }),
      minimum: Math.min(...ratios.map(({ timesQemu }) => timesQemu)),
    },
  };
}

function geometricMean(ratios: readonly { readonly timesQemu: number }[]): number {
  const logarithms = ratios.reduce((sum, { timesQemu }) => sum + Math.log(timesQemu), 0);
  return Math.exp(logarithms / ratios.length);
}

function remarks(quick: boolean): string[] {
  return [
    'times qemu: how often auto does the work while qemu-x86_64 does it once; millions: of instructions per second',
    'translating: share of the time, in a run that measures it; V8 compiles beside and after that',
    ...(quick
      ? []
      : ['interp seconds: of a smaller size, scaled up by the number of instructions']),
    ...(installed('qemu-x86_64') ? [] : ['qemu-x86_64 is not installed']),
  ];
}
