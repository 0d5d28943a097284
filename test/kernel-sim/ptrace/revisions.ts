// Tracers with one tracee each, at a revision of the kernel.
import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { type FaultOverrides, KERNEL_PROFILES, kernelProfile } from '../../../kernel-sim/index.js';
import { CODE } from './elf.js';
import { POST } from './flags.js';
import { kernelFor, O_RDWR, O_TRUNC, Tracer } from './tracer.js';

const NAMES: readonly string[] = KERNEL_PROFILES.map(({ name }) => name);
/** Revisions from the first to the last, both included. */
export const span = (first: string, last = 'P12'): readonly string[] =>
  NAMES.slice(NAMES.indexOf(first), NAMES.indexOf(last) + 1);

/** A tracer with one tracee, frozen before its first call; P5 knew only single steps to thaw it. */
export function traced(
  revision: string,
  program: HostedProgram,
  flags = 0,
  faults: FaultOverrides = {},
) {
  const tracer = new Tracer({ profile: kernelFor(revision, { 'KP-46': false, ...faults }) });
  return tracer.attach(tracer.child(program), O_RDWR | O_TRUNC | flags);
}

/** A tracee after its first call, with some code ahead of it. */
export function ahead(revision: string, code: number[], faults: FaultOverrides = {}) {
  const first = [0xb8, abi.SYS_GETPID, 0, 0, 0, 0x0f, 0x05];
  const profile = kernelFor(revision, { 'KP-46': false, ...faults });
  const tracer = new Tracer({ code: Uint8Array.from([...first, ...code]), profile });
  const traced = tracer.attach(tracer.machineChild());
  expect(tracer.next(traced.trace, POST)).to.equal(POST);
  const rip = () => Number(tracer.registers(traced.regs).rip) - CODE - first.length;
  return { ...traced, rip };
}

/** The same where every attachment freezes, with operations for commands. */
export function attached(
  revision: string,
  program: HostedProgram,
  flags = 0,
  faults: FaultOverrides = {},
) {
  const tracer = new Tracer({ profile: kernelProfile(revision, faults) });
  return tracer.attach(tracer.child(program), O_RDWR | flags);
}
