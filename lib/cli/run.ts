// `relibc-ptrace run`: one program, with the standard streams of this process as its console.

import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  type TracemeName,
  WEXITSTATUS,
  WIFEXITED,
  WIFSIGNALED,
  WTERMSIG,
} from '../../compat/index.js';
import { type Engine, RSP } from '../../cpu/index.js';
import { SIGPIPE, SIGSEGV, SYS_CLASS_PATH, syscallName } from '../../kernel-sim/abi/index.js';
import {
  type Context,
  DeadlockError,
  type FaultId,
  type FaultOverrides,
  isFaultId,
  KernelPanic,
  SLOT_SIZE,
  STACK_SLOT,
  type UndefinedInstruction,
  waitingLine,
} from '../../kernel-sim/index.js';
import { Errno } from '../errno.js';
import { BrokenPipe, StandardStreams } from '../host/console.js';
import { Machine, type MachineOptions, type SchedulerName } from '../machine.js';
import { asAsked, type Checked, checkProgram, whyNotStarted } from './checks.js';
import { put } from './output.js';
import { NAME, Refusal, report, STATUS_MACHINE, STATUS_SIGNAL, STATUS_USAGE } from './refusal.js';
import { describeStatistics } from './statistics.js';

export interface RunOptions {
  readonly profile?: string;
  readonly kernel?: string;
  readonly traceme?: TracemeName;
  readonly fault?: readonly string[];
  readonly root?: string;
  readonly env?: string[];
  readonly seed?: number;
  readonly scheduler?: SchedulerName;
  readonly cpus?: number;
  readonly engine?: Engine;
  readonly stats?: true | 'json' | 'text';
}

/** What a call or a push may still find above the end of the stack. */
const PUSHED = 16;
const LARGEST_ARRAY = 0x400_0000;

/** Runs a program to its end; returns the status to exit with. */
export function run(path: string, args: readonly string[], options: RunOptions): number {
  const { root = '/', env = [] } = options;
  const directory = options.root === undefined ? process.cwd() : '/';
  checkRoot(root);
  const checked = checkProgram(path, join(root, resolve(directory, path)));

  const wanted: MachineOptions = {
    host: new StandardStreams(),
    files: root,
    directory,
    undefinedInstruction: once(sayUndefined),
    unsupported: sayUnsupported,
    ...(options.profile !== undefined && { profile: options.profile }),
    ...(options.kernel !== undefined && { kernel: options.kernel }),
    ...(options.traceme !== undefined && { traceme: options.traceme }),
    ...(options.fault !== undefined && { faults: faultsOf(options.fault) }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.cpus !== undefined && { cpus: options.cpus }),
    ...(options.scheduler !== undefined && { scheduler: options.scheduler }),
    ...(options.engine !== undefined && { engine: options.engine }),
    ...(options.stats !== undefined && { now: () => performance.now() }),
  };
  const machine = asAsked(() => new Machine(wanted));
  const start = performance.now();
  const status = runToEnd(machine, checked, args, env);
  const seconds = (performance.now() - start) / 1000;
  if (options.stats) {
    put('stderr', describeStatistics(machine, seconds, options.stats === 'json'));
  }
  return status;
}

function runToEnd(
  machine: Machine,
  checked: Checked,
  args: readonly string[],
  env: string[],
): number {
  try {
    const program = machine.start(checked.path, { args, env });
    const status = machine.run(program);
    if (WTERMSIG(status) === SIGSEGV && leftStack(program)) {
      say('the program used up its stack, which Redox gave 1 MiB and no more');
    }
    if (WIFSIGNALED(status) && machine.profile.library === undefined) hintAtLinux(machine);
    return statusOf(status);
  } catch (error) {
    if (error instanceof BrokenPipe) return STATUS_SIGNAL + SIGPIPE;
    return report(explain(checked, error));
  }
}

/** A program that calls a kernel which it was not built for does not last. */
function hintAtLinux({ kernel, profile }: Machine): void {
  if (kernel.unknownCalls === 0) return;
  const calls = `${kernel.unknownCalls} system call${kernel.unknownCalls === 1 ? '' : 's'}`;
  say(
    `it made ${calls} that Redox has not; a program for Linux wants a C library: a profile other than ${profile.name}`,
  );
}

/** Whether the first thread ended below its stack; far below, where a large array lies on it. */
function leftStack({ registers }: Context): boolean {
  const below = STACK_SLOT * SLOT_SIZE - registers.number(RSP);
  return below > -PUSHED && below < LARGEST_ARRAY;
}

/** Tells of each instruction once, however often it is met. */
function once(tell: (met: UndefinedInstruction) => void): (met: UndefinedInstruction) => void {
  const told = new Set<string>();
  return (met) => {
    const key = `${met.pid} ${met.address}`;
    if (!told.has(key)) tell(met);
    told.add(key);
  };
}

function sayUndefined({ pid, name, address, bytes, text }: UndefinedInstruction): void {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const where = `0x${address.toString(16)} of pid ${pid} (${basename(name)})`;
  say(`this CPU has no ${text} (${hex} at ${where}): it is an illegal instruction there`);
}

/** A number with a class of Redox's calls is most likely not meant for Linux at all. */
function sayUnsupported(name: string): void {
  const redox = syscallName(Number(name));
  const hint = /^[a-z]/.test(redox) && Number(name) >= SYS_CLASS_PATH;
  const more = hint ? `; it is Redox's own ${redox}: see --profile redox` : '';
  say(`relibc has no system call ${name}: it returns ENOSYS${more}`);
}

function say(message: string): void {
  put('stderr', `${NAME}: ${message}\n`);
}

function statusOf(status: number): number {
  return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL + WTERMSIG(status);
}

/** Words for what stopped the machine; what is no one's fault but ours stays as it is. */
function explain(checked: Checked, error: unknown): unknown {
  if (error instanceof Errno) return whyNotStarted(checked, error);
  if (error instanceof DeadlockError) {
    return new Refusal(
      ['deadlock: nothing can ever run again', ...error.waiting.map(waitingLine)].join('\n'),
      STATUS_MACHINE,
    );
  }
  if (error instanceof KernelPanic) {
    return new Refusal(error.message, STATUS_MACHINE);
  }
  return error;
}

/** `KP-31`, or `KP-31=off` for a kernel without it. */
function faultsOf(texts: readonly string[]): FaultOverrides {
  const faults: Partial<Record<FaultId, boolean>> = {};
  for (const text of texts) {
    const [, id = '', off] = /^(KP-\d+)(=off)?$/i.exec(text) ?? [];
    const name = id.toUpperCase();
    if (!isFaultId(name)) {
      throw new Refusal(`no fault is called ${text}; say KP-31 or KP-31=off`, STATUS_USAGE);
    }
    faults[name] = off === undefined;
  }
  return faults;
}

function checkRoot(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new Refusal(`${path} is not a directory`, STATUS_USAGE);
}
