// A tracer on the simulated Redox, its calls observed from outside.

import { basename } from 'node:path';
import { WEXITSTATUS, WIFEXITED, WTERMSIG } from '../../compat/index.js';
import { VECTOR_BP } from '../../cpu/index.js';
import { signalName } from '../../kernel-sim/abi/index.js';
import { DeadlockError, KernelPanic } from '../../kernel-sim/index.js';
import { Errno } from '../errno.js';
import { RecordedStreams } from '../host/console.js';
import { EndlessRun, Machine, type MachineOptions } from '../machine.js';
import { decode } from './decode.js';
import { Names } from './names.js';
import { CallRecorder } from './raw-call.js';
import { CALLS_LIMIT, CALLS_MAX, type End, OUTPUT_LIMIT, type Recording } from './recording.js';

/** Instructions without a call that is recorded, after which a run counts as endless. */
const IDLE_LIMIT = 200_000_000;
/** The same before it has traced anything: debuggers start slowly. */
const START_LIMIT = 1_000_000_000;
/** Of the whole run. */
const INSTRUCTION_LIMIT = 4_000_000_000;
/** The same for what a tracer leaves behind. */
const LEFTOVER_LIMIT = 5_000_000;

export interface SimulatedOptions extends Pick<MachineOptions, 'profile' | 'kernel'> {
  readonly directory?: string;
  /** Whether the program's addresses depend on where it is loaded. */
  readonly moves?: boolean;
  /** Whether a loader does that. */
  readonly dynamic?: boolean;
}

/** Runs a program to its end, or until it is known that there will be none. */
export function recordOnMachine(
  path: string,
  args: readonly string[],
  options: SimulatedOptions = {},
): Recording {
  const { directory = process.cwd(), moves = false, dynamic = false, ...rest } = options;
  const console = new RecordedStreams();
  const met = new Map<number, string[]>();
  const exception = (pid: number, vector: number): void => {
    const before = met.get(pid) ?? [];
    const name = vector === VECTOR_BP ? 'int3' : String(vector);
    if (!before.includes(name)) met.set(pid, [...before, name]);
  };
  const machine = new Machine({ ...rest, directory, host: console, exception });
  const observer = new CallRecorder(dynamic);
  const program = machine.start(path, { args, observer });
  let progress = { calls: 0, steps: 0 };
  const beyond = (): string | undefined => {
    if (observer.count > CALLS_LIMIT) return `${CALLS_LIMIT} calls`;
    const output = Math.max(console.stdout.length, console.stderr.length);
    if (output > OUTPUT_LIMIT) return `${OUTPUT_LIMIT} bytes of output`;
    if (observer.count > progress.calls) progress = { calls: observer.count, steps: machine.steps };
    const limit = observer.traces ? IDLE_LIMIT : START_LIMIT;
    const idle = machine.steps > progress.steps + limit;
    return idle ? `${limit} instructions without a call` : undefined;
  };
  const ended = runToEnd(() =>
    machine.run(program, {
      instructions: INSTRUCTION_LIMIT,
      leftovers: LEFTOVER_LIMIT,
      stop: () => beyond() !== undefined,
    }),
  );
  // what the end tells of, it tells of by pid
  const names = new Names('machine', program.pid, moves ? observer.entry : undefined);
  const seen = decode(observer.finish(), names);
  return {
    on: machine.profile.name,
    kernel: machine.kernel.profile.name,
    program: path,
    args,
    pids: names.pids,
    ...(met.size > 0 && { exceptions: exceptionsOf(met, names) }),
    seen,
    ...(observer.count > CALLS_MAX && { cut: true }),
    stdout: console.stdout.slice(0, OUTPUT_LIMIT),
    stderr: console.stderr.slice(0, OUTPUT_LIMIT),
    end: endOf(ended, names, beyond()),
  };
}

function exceptionsOf(met: ReadonlyMap<number, readonly string[]>, names: Names) {
  return Object.fromEntries([...met].map(([pid, found]) => [names.process(pid), found]));
}

function runToEnd(run: () => number): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function endOf(
  ended: unknown,
  names: Names,
  after: string = `${INSTRUCTION_LIMIT} instructions`,
): End {
  if (typeof ended === 'number') {
    return WIFEXITED(ended)
      ? { kind: 'exited', status: WEXITSTATUS(ended) }
      : { kind: 'killed', signal: signalName(WTERMSIG(ended)) };
  }
  if (ended instanceof DeadlockError) {
    const waiting = ended.waiting
      .map(({ pid, name, what }) => ({ process: names.known(pid) ?? basename(name), what }))
      .map(({ process, what }) => ({ process, what: withNames(what, names) }));
    return { kind: 'deadlock', waiting };
  }
  if (ended instanceof EndlessRun) return { kind: 'endless', after };
  if (ended instanceof KernelPanic || ended instanceof Errno) {
    return { kind: 'failed', reason: withNames(ended.message, names) };
  }
  throw ended;
}

/** `pid 4` as `p1`, and so `pid 4 (file:/some/where/tracer.elf)`. */
function withNames(text: string, names: Names): string {
  return text.replace(
    /\bpid (\d+)(?: \([^)]*\))?/g,
    (whole, pid) => names.known(Number(pid)) ?? whole,
  );
}
