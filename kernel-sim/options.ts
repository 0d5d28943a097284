// What the owner of a machine tells the kernel, and what the kernel counts.
import type { Cpu } from '../cpu/index.js';
import type { HostedProgram, Link } from './abi/index.js';
import type { Context } from './context.js';
import type { Descriptors } from './parts.js';
import type { KernelProfile } from './profile.js';
import type { Scheduler } from './scheduler.js';
import type { FileTree } from './scheme/file-tree.js';
import type { Host } from './scheme/services.js';

export interface KernelOptions {
  readonly cpu: Cpu;
  readonly host: Host;
  /** The revision to be; 2019-08-15 unless said. */
  readonly profile?: KernelProfile;
  /** Of everything random; 0 unless said. */
  readonly seed?: number;
  /** Round robin unless said. */
  readonly scheduler?: Scheduler;
  /** How many CPUs there are; 1 unless said, and before 2020-04 always. */
  readonly cpus?: number;
  /** What `file:` shows; empty unless said. */
  readonly files?: FileTree;
  /** Told of instructions that the CPU has not, whenever a program meets one: it is #UD. */
  readonly undefinedInstruction?: (met: UndefinedInstruction) => void;
  /** Told of each exception that became a signal, or an end as by one. */
  readonly exception?: (pid: number, vector: number) => void;
}

/** An instruction beyond x86-64-v2, or one that only a kernel may execute here. */
export interface UndefinedInstruction {
  readonly pid: number;
  /** The program's name. */
  readonly name: string;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Disassembled. */
  readonly text: string;
}

/** How a process starts that nobody cloned. */
export interface ProcessOptions {
  readonly name?: string;
  /** The idle context unless said. */
  readonly parent?: Context;
  /** `debug:` for 0 and 1 and `debug:stderr` for 2 unless said. */
  readonly descriptors?: Descriptors;
  readonly uid?: number;
  readonly gid?: number;
  /** It serves others and never ends by itself: that it waits is no part of a deadlock. */
  readonly daemon?: boolean;
}

export interface SpawnOptions extends ProcessOptions {
  readonly program: HostedProgram;
  readonly argv?: readonly string[];
}

export interface ExecuteOptions extends ProcessOptions {
  /** Of an ELF program, with its scheme: `file:/bin/true`. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** The C library that answers the program's system calls; without one, Redox's kernel does. */
  readonly link?: Link;
}

/** What a kernel has done so far. */
export interface Statistics {
  instructions: number;
  contextSwitches: number;
  systemCalls: number;
  ptraceStops: number;
  allocatedFrames: number;
  peakFrames: number;
  /** 16 hexadecimal digits that tell this run from every other one. */
  traceHash: string;
}
