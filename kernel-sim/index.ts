// The simulated kernel: what the layers above may use of it.
export { Context, type Status } from './context.js';
export { DeadlockError, type Waiting, waitingLine } from './deadlock.js';
export { SegmentationFault, SysError } from './error.js';
export { ExecError } from './exec/boot.js';
export { FAULTS, type FaultId, type FaultOverrides, type Faults, isFaultId } from './faults.js';
export { DrivenProcess, ProcessEnded } from './hosted/driven.js';
export { Kernel } from './kernel.js';
export { SIGNAL_STACK_SLOT, SLOT_SIZE, STACK_SLOT } from './memory/layout.js';
export type {
  ExecuteOptions,
  KernelOptions,
  ProcessOptions,
  SpawnOptions,
  Statistics,
  UndefinedInstruction,
} from './options.js';
export { KernelHang, KernelPanic } from './panic.js';
export type { Processor } from './processor.js';
export { KERNEL_PROFILES, type KernelProfile, kernelProfile, P7 } from './profile.js';
export type { Protocol, RevisionName } from './revisions.js';
export { RunQueue } from './run-queue.js';
export { RoundRobin, type Scheduler, type TurnOptions } from './scheduler.js';
export { RandomScheduler } from './schedulers/random.js';
export {
  type Decision,
  nextScript,
  preemptions,
  ScriptedScheduler,
  type ScriptOptions,
} from './schedulers/scripted.js';
export { type FileProvider, FileTree } from './scheme/file-tree.js';
export type { Host } from './scheme/services.js';
