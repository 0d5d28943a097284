// The machine: CPU, kernel and C library put together, and programs started on it from outside.
import { resolve } from 'node:path';
import {
  chanDaemon,
  type LibcProfile,
  type LinkObserver,
  libcProfile,
  linuxLink,
  ptraceDaemon,
  shmDaemon,
  type TracemeName,
  withTraceme,
} from '../compat/index.js';
import { Cpu, type Engine } from '../cpu/index.js';
import type { HostedProgram, Link } from '../kernel-sim/abi/index.js';
import {
  type Context,
  DeadlockError,
  ExecError,
  type FaultOverrides,
  type FileTree,
  type Host,
  Kernel,
  type KernelProfile,
  kernelProfile,
  RandomScheduler,
  RoundRobin,
  type Scheduler,
  type Statistics,
  type UndefinedInstruction,
} from '../kernel-sim/index.js';
import { Errno } from './errno.js';
import { StandardStreams } from './host/console.js';
import { hostFiles } from './host/files.js';
import { interpreterModule } from './interpreter.js';
import { DEFAULT_PROFILE, PROFILES, type Profile, profileNamed } from './profiles.js';
import { Tracer } from './tracer.js';
import './v8-flags.js';

/** What a {@link Machine} is made of; all of it may be left out. */
export interface MachineOptions {
  /** A C library and a kernel: see {@link PROFILES}. */
  readonly profile?: string;
  /** Another kernel than the profile's, `P9`: pairs that never met can be tried, too. */
  readonly kernel?: string | KernelProfile;
  /** Faults that the kernel is given or spared, `{ 'KP-31': false }`. */
  readonly faults?: FaultOverrides;
  /** Another answer to PTRACE_TRACEME than the library's own. */
  readonly traceme?: TracemeName;
  /** The console; stdin, stdout and stderr of the host unless said. */
  readonly host?: Host;
  /** What `file:` shows: a directory of the host, which is never written, or a tree in memory. */
  readonly files?: string | FileTree;
  /** Where programs start, and relative paths of {@link Machine.start} with them. */
  readonly directory?: string;
  /** Seeds everything random. Equal inputs and seeds give equal runs. */
  readonly seed?: number;
  /**
   * Who runs next: round robin, as Redox did it; at random, by the seed; or as you say, for example
   * a `ScriptedScheduler`. Round robin unless said.
   */
  readonly scheduler?: SchedulerName | Scheduler;
  /**
   * Instructions of a turn, of the longest one if turns are random; 1 ends it after each
   * instruction, each system call and each step of a program in TypeScript.
   */
  readonly quantum?: number;
  /** How many CPUs the kernel has: kernels from 2020-04 on may have several; 1 unless said. */
  readonly cpus?: number;
  /** How instructions are executed; the outcome is the same. */
  readonly engine?: Engine;
  /** Bytes of memory, 1 GiB unless said; the CPU keeps a few MiB of them for itself. */
  readonly memory?: number;
  /** A clock for `cpu.profile`, if it shall say where time goes; the outcome is the same. */
  readonly now?: () => number;
  /** Told once of each Linux system call that the C library has no function for. */
  readonly unsupported?: (name: string) => void;
  /** Told whenever a program meets an instruction that the CPU has not: for the program it is #UD. */
  readonly undefinedInstruction?: (met: UndefinedInstruction) => void;
  /** Told of each exception that became a signal, or the end of its process as by one. */
  readonly exception?: (pid: number, vector: number) => void;
}

/** The schedulers that have names, for {@link MachineOptions.scheduler}. */
export const SCHEDULERS = ['round-robin', 'random'] as const;
/** One of {@link SCHEDULERS}. */
export type SchedulerName = (typeof SCHEDULERS)[number];

/** How a program is started. */
export interface ProgramOptions {
  /** What it gets after its own name. */
  readonly args?: readonly string[];
  /** Its own name, the path unless said. */
  readonly name?: string;
  /** `NAME=VALUE`; empty unless said. */
  readonly env?: readonly string[];
  /** The process that waits for it. */
  readonly parent?: Context;
  /** Told of the Linux system calls that it makes, and of none of the processes it forks. */
  readonly observer?: LinkObserver;
}

/** How far {@link Machine.run} goes; for ever unless said. */
export interface RunLimits {
  /** Instructions; a system call and a switch to another process count as a hundred. */
  readonly instructions?: number;
  /** The same for what goes on when the program has ended. */
  readonly leftovers?: number;
  /** Asked now and then; true ends the run. */
  readonly stop?: () => boolean;
}

function schedulerOf({ scheduler, seed = 0, quantum }: MachineOptions): Scheduler {
  if (typeof scheduler === 'object') return scheduler;
  const turns = quantum === undefined ? {} : { quantum };
  return scheduler === 'random' ? new RandomScheduler(seed, turns) : new RoundRobin(turns);
}

/** A program ran longer than it was given; `instructions` is for how long. */
export class EndlessRun extends Error {
  override readonly name = 'EndlessRun';
  readonly instructions: number;

  constructor(instructions: number) {
    super(`it still runs after ${instructions} instructions`);
    this.instructions = instructions;
  }
}

/** What a system call or a switch to another process counts for, where instructions are limited. */
const STEPS_OF_A_CALL = 100;

/** The kernel's paths are strings of bytes. */
function filePath(path: string): string {
  return `file:${Buffer.from(path).toString('latin1')}`;
}

/**
 * A CPU, a Redox kernel and a C library put together. It runs only while one of its methods, or of its
 * tracers, is called, and the same inputs give the same run to the last instruction.
 * @throws RangeError for options that no machine can have
 */
export class Machine {
  readonly profile: Profile;
  readonly cpu: Cpu;
  readonly kernel: Kernel;
  /** The C library that tracers driven from outside use. */
  readonly library: LibcProfile;
  readonly #directory: string;
  /** What each program's link is made from. */
  readonly #link: Link | undefined;
  readonly #unsupported: (name: string) => void;
  /** Processes that serve others and never end. */
  readonly #daemons: number;

  constructor(options: MachineOptions = {}) {
    const { profile = DEFAULT_PROFILE, files = '/' } = options;
    const found = profileNamed(profile);
    if (found === undefined) {
      const names = PROFILES.map(({ name }) => name).join(', ');
      throw new RangeError(`no profile is called ${profile}; there are ${names}`);
    }
    this.profile = found;
    const { kernel = found.kernel } = options;
    const { traceme } = options;
    const library = libcProfile(found.library);
    this.library = traceme === undefined ? library : withTraceme(library, traceme);
    this.#unsupported = options.unsupported ?? (() => {});
    this.#directory = options.directory ?? (files === '/' ? process.cwd() : '/');
    if (found.library !== undefined) {
      this.#link = linuxLink(this.library, { unsupported: this.#unsupported });
    }
    this.cpu = new Cpu({
      interpreter: interpreterModule(),
      ...(options.memory !== undefined && { memory: options.memory }),
      ...(options.engine !== undefined && { engine: options.engine }),
      ...(options.now !== undefined && { now: options.now }),
    });
    this.kernel = new Kernel({
      cpu: this.cpu,
      host: options.host ?? new StandardStreams(),
      profile: typeof kernel === 'string' ? kernelProfile(kernel, options.faults) : kernel,
      files: typeof files === 'string' ? hostFiles(files) : files,
      scheduler: schedulerOf(options),
      ...(options.undefinedInstruction && { undefinedInstruction: options.undefinedInstruction }),
      ...(options.exception && { exception: options.exception }),
      ...(options.cpus !== undefined && { cpus: options.cpus }),
      ...(options.seed !== undefined && { seed: options.seed }),
    });
    this.#startDaemon('ipcd', chanDaemon);
    if (traceme === 'shared-memory') this.#startDaemon('shm', shmDaemon);
    if (traceme === 'daemon') this.#startDaemon('ptraced', ptraceDaemon);
    this.#daemons = this.kernel.contexts.living;
  }

  /** Runs it until it waits for requests, as init had done long before a program was started. */
  #startDaemon(name: string, program: HostedProgram): void {
    this.kernel.spawn({ program, name, daemon: true });
    try {
      this.kernel.run(() => false);
    } catch (error) {
      if (!(error instanceof DeadlockError)) throw error;
    }
  }

  get statistics(): Statistics {
    return this.kernel.statistics;
  }

  /** Loads an ELF program; it runs when the machine does. Throws an {@link Errno} if it cannot. */
  start(path: string, options: ProgramOptions = {}): Context {
    const { args = [], name = path, env = [], parent, observer } = options;
    const link = this.#link && this.#newLink(observer);
    try {
      const context = this.kernel.execute({
        path: filePath(resolve(this.#directory, path)),
        name,
        argv: [name, ...args],
        env,
        ...(link && { link }),
        ...(parent && { parent }),
      });
      context.directory = { path: filePath(this.#directory) };
      return context;
    } catch (error) {
      throw error instanceof ExecError ? new Errno(error.errno, 'execve', path) : error;
    }
  }

  /**
   * Runs a program to its end, and the processes that it leaves behind until they end or wait for
   * ever; what is left of its own threads does not outlive it.
   * Returns its wait status; throws a `DeadlockError` when it can never end, and an
   * {@link EndlessRun} when it has not within its limits (if there are any).
   */
  run(program: Context, limits: RunLimits = {}): number {
    const { instructions = Number.POSITIVE_INFINITY, leftovers = instructions } = limits;
    const begin = this.steps;
    let ended: number | undefined;
    try {
      this.kernel.run(() => {
        const { living } = this.kernel.contexts;
        if (living === this.#daemons + this.#threadsLeftBy(program)) return true;
        const steps = this.steps;
        const over = steps > begin + instructions || limits.stop?.() === true;
        if (!program.exited) {
          if (over) throw new EndlessRun(steps - begin);
          return false;
        }
        ended ??= steps;
        return over || steps > ended + leftovers;
      });
    } catch (error) {
      if (!(error instanceof DeadlockError && program.exited)) throw error;
    }
    return program.status.kind === 'exited' ? program.status.status : 0;
  }

  /** How many threads live on of a program whose first has ended. */
  #threadsLeftBy({ exited, link }: Context): number {
    const threads = exited ? link?.threads : undefined;
    if (threads === undefined) return 0;
    let count = 0;
    for (const other of this.kernel.contexts) {
      if (!other.exited && other.link?.threads === threads) count++;
    }
    return count;
  }

  #newLink(observer: LinkObserver | undefined): Link | undefined {
    if (observer === undefined) return this.#link?.exec();
    return linuxLink(this.library, { unsupported: this.#unsupported, observer });
  }

  /**
   * How long it has run, in what {@link RunLimits} are counted in: a loop that calls and calls makes
   * few instructions of its own.
   */
  get steps(): number {
    const { contextSwitches, systemCalls } = this.kernel.counts;
    return this.cpu.retired + (contextSwitches + systemCalls) * STEPS_OF_A_CALL;
  }

  /** A process that is driven from outside, to trace programs with. */
  tracer(): Tracer {
    return new Tracer(this, this.kernel.attach('tracer'));
  }
}
