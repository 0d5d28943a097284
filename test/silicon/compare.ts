// Compares what silicon did with what the emulated processor did, and tells the difference.
import {
  CpuidFeature,
  Decoder,
  DecoderOptions,
  Formatter,
  FormatterSyntax,
  Instruction,
  InstructionInfoFactory,
  MemorySizeExt,
  Mnemonic,
  OpKind,
  Register,
  RegisterExt,
} from 'iced-x86';
import {
  type Case,
  FX_FCW,
  FX_FDP,
  FX_FIP,
  FX_FOP,
  FX_FSW,
  FX_FTW,
  FX_MXCSR,
  FX_ST,
  FX_XMM,
  type MachineState,
  REGISTER_NAMES,
  RFLAGS,
  RIP,
  type Step,
} from './state.js';
import { type Circumstances, UNDEFINED, type Undefined } from './undefined.js';

export interface Difference {
  /** A register, `memory`, `signal` or `steps`. */
  readonly what: string;
  readonly silicon: string;
  readonly emulated: string;
}

export interface Mismatch {
  readonly testCase: Case;
  /** The step that differs, from 0. */
  readonly step: number;
  readonly before: MachineState;
  readonly differences: readonly Difference[];
  readonly mnemonic: string;
  /** The emulated processor has no definition of the instruction. */
  readonly unimplemented: boolean;
}

const RF = 0x1_0000n;
const hex = (value: bigint | number, digits = 1): string =>
  `0x${value.toString(16).padStart(digits, '0')}`;
const hexBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  ...[[0x1, 'CF'] as const, [0x4, 'PF'] as const, [0x10, 'AF'] as const, [0x40, 'ZF'] as const],
  ...[[0x80, 'SF'] as const, [0x200, 'IF'] as const, [0x400, 'DF'] as const],
  ...[[0x800, 'OF'] as const, [0x1_0000, 'RF'] as const, [0x4_0000, 'AC'] as const],
  ...[[0x4000, 'NT'] as const, [0x20_0000, 'ID'] as const],
];
const flagNames = (flags: number): string =>
  FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(' ') || 'none';

/** Fields of the FXSAVE image: name, offset, size. */
const FX_FIELDS: readonly (readonly [string, number, number])[] = [
  ['fcw', FX_FCW, 2],
  ['fsw', FX_FSW, 2],
  ['ftw', FX_FTW, 1],
  ['fop', FX_FOP, 2],
  ['fip', FX_FIP, 8],
  ['fdp', FX_FDP, 8],
  ['mxcsr', FX_MXCSR, 4],
  ...Array.from({ length: 8 }, (_, i) => [`st${i}`, FX_ST + i * 16, 10] as const),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, FX_XMM + i * 16, 16] as const),
];

/** A field's bytes as one number, the most significant digit first. */
const field = (state: MachineState, at: number, size: number): string =>
  `0x${hexBytes(state.bytes.slice(at, at + size).reverse())}`;

const told = ({ signal, code, address, unimplemented }: Step): string =>
  unimplemented ??
  (signal === 0 ? 'none' : `signal ${signal}, code ${code}, address ${hex(address)}`);

const changed = ({ changes }: Step): string =>
  changes.map(({ address, bytes }) => `[${hex(address)}] = ${hexBytes(bytes)}`).join(', ') ||
  'unchanged';

const scratch = new Instruction();

/** Decodes the instruction that a step executed into `scratch`. */
function decode(testCase: Case, before: MachineState): boolean {
  const skip = before.number(RIP) - testCase.state.number(RIP);
  if (skip < 0 || skip >= testCase.code.length) return false;
  const decoder = new Decoder(64, testCase.code.subarray(skip), DecoderOptions.None);
  decoder.ip = before.get(RIP);
  decoder.decodeOut(scratch);
  decoder.free();
  return !scratch.isInvalid;
}

function operandWidth(operand: number): number {
  if (scratch.opKind(operand) === OpKind.Register) {
    return RegisterExt.size(scratch.opRegister(operand)) * 8;
  }
  return MemorySizeExt.size(scratch.memorySize) * 8;
}

function circumstances(before: MachineState, after: MachineState): Circumstances {
  const last = scratch.opCount - 1;
  const kind = last < 0 ? OpKind.Register : scratch.opKind(last);
  let count = 0;
  if (kind === OpKind.Immediate8) count = Number(scratch.immediate(last));
  else if (last >= 0 && kind === OpKind.Register && scratch.opRegister(last) === Register.CL) {
    count = before.bytes[8];
  }
  return { after, width: last < 0 ? 0 : operandWidth(0), count };
}

/** The general register, as its number, that the instruction writes first; -1 when it is memory. */
function destination(): number {
  if (scratch.opKind(0) !== OpKind.Register) return -1;
  const register = RegisterExt.fullRegister(scratch.opRegister(0));
  return register >= Register.RAX && register <= Register.R15 ? register - Register.RAX : -1;
}

/** An 80-bit number's place among all of its sign. */
function rank(state: MachineState, at: number): bigint {
  const exponent = BigInt(state.view.getUint16(at + 8, true) & 0x7fff);
  const significand = state.view.getBigUint64(at, true);
  return (exponent << 63n) | BigInt.asUintN(63, significand);
}

const C1 = 0x200;
const UE = 0x10;
const SMALLEST_NORMAL = 1n << 63n;

/** Whether results of limited precision are near enough; C1 tells how they were rounded. */
function isNear(name: string, at: number, a: MachineState, b: MachineState, ulps: number): boolean {
  if (name === 'fsw') {
    // on which side of the smallest normal number a result falls decides whether it is tiny
    const distance = rank(a, FX_ST) - SMALLEST_NORMAL;
    const ignored = distance <= ulps && distance >= -ulps ? C1 | UE : C1;
    return ((a.view.getUint16(at, true) ^ b.view.getUint16(at, true)) & ~ignored) === 0;
  }
  if (name !== 'st0' && name !== 'st1') return false;
  const distance = rank(a, at) - rank(b, at);
  const sameSign = a.view.getUint16(at + 8, true) >> 15 === b.view.getUint16(at + 8, true) >> 15;
  return sameSign && distance <= ulps && distance >= -ulps;
}

function differencesOf(native: Step, emulated: Step, undefinedPart: Undefined | undefined) {
  const differences: Difference[] = [];
  const note = (what: string, silicon: string, ours: string): void => {
    if (silicon !== ours) differences.push({ what, silicon, emulated: ours });
  };
  note('signal', told(native), told(emulated));
  note('dr6', hex(native.dr6 ?? 0), hex(emulated.dr6 ?? 0));
  const anywhere = undefinedPart?.destination === true;
  const skipped = anywhere ? destination() : -1;
  for (let i = 0; i < REGISTER_NAMES.length; i++) {
    if (i === RFLAGS || i === skipped) continue;
    note(REGISTER_NAMES[i], hex(native.state.get(i)), hex(emulated.state.get(i)));
  }
  const mask = ~(undefinedPart?.flags ?? 0);
  const flags = native.state.number(RFLAGS);
  const ours = emulated.state.number(RFLAGS);
  const odd = (flags ^ ours) & mask;
  if (odd !== 0) note('rflags', flagNames(flags & odd), flagNames(ours & odd));
  const ulps = undefinedPart?.ulps;
  for (const [name, at, size] of FX_FIELDS) {
    if (ulps !== undefined && isNear(name, at, native.state, emulated.state, ulps)) continue;
    note(name, field(native.state, at, size), field(emulated.state, at, size));
  }
  if (!anywhere || skipped >= 0) note('memory', changed(native), changed(emulated));
  return differences;
}

function sameStep(native: Step, emulated: Step): boolean {
  if (native.signal !== emulated.signal || native.code !== emulated.code) return false;
  if (native.address !== emulated.address) return false;
  if ((native.dr6 ?? 0) !== (emulated.dr6 ?? 0)) return false;
  if (Buffer.compare(native.state.bytes, emulated.state.bytes) !== 0) return false;
  if (native.changes.length !== emulated.changes.length) return false;
  return native.changes.every(({ address, bytes }, i) => {
    const other = emulated.changes[i];
    return address === other.address && Buffer.compare(bytes, other.bytes) === 0;
  });
}

/** The first step that differs, or undefined when the two processors agree. */
export function compare(
  testCase: Case,
  native: readonly Step[],
  emulated: readonly Step[],
): Mismatch | undefined {
  let before = testCase.state;
  const steps = Math.min(native.length, emulated.length);
  for (let step = 0; step < steps; step++) {
    if (!sameStep(native[step], emulated[step])) {
      const known = decode(testCase, before);
      const mnemonic = known ? Mnemonic[scratch.mnemonic].toLowerCase() : 'invalid';
      const after = native[step].state;
      // an instruction that faults leaves everything alone
      const rule = known && native[step].signal === 0 ? UNDEFINED[mnemonic] : undefined;
      const undefinedPart = rule?.(circumstances(before, after));
      const differences = differencesOf(native[step], emulated[step], undefinedPart);
      const unimplemented = emulated[step].unimplemented !== undefined;
      if (differences.length > 0) {
        return { testCase, step, before, differences, mnemonic, unimplemented };
      }
      // an undefined flag may differ from here on: what follows says nothing
      return undefined;
    }
    before = native[step].state;
  }
  return undefined;
}

/** Running a case at full speed must end where stepping through it ended. */
export function compareWhole(
  testCase: Case,
  stepped: readonly Step[],
  whole: Step,
): Mismatch | undefined {
  const last = stepped[stepped.length - 1];
  const memory = new Map<number, number>();
  for (const { changes } of stepped) {
    for (const { address, bytes } of changes) {
      bytes.forEach((byte, i) => {
        memory.set(address + i, byte);
      });
    }
  }
  const state = last.state.copy();
  // between two iterations of a string instruction a trap saves RF set
  if (last.signal === 0) state.set(RFLAGS, state.get(RFLAGS) & ~RF);
  const end = { ...last, state, changes: whole.changes };
  const differences = sameStep(end, whole) ? [] : differencesOf(end, whole, undefined);
  for (const { address, bytes } of whole.changes) {
    bytes.forEach((byte, i) => {
      const wanted = memory.get(address + i);
      if (wanted === byte) return;
      differences.push({ what: hex(address + i), silicon: `${wanted}`, emulated: `${byte}` });
    });
  }
  if (differences.length === 0) return undefined;
  const { unimplemented } = last;
  return {
    ...{ testCase, step: -1, before: testCase.state, differences, mnemonic: 'run at full speed' },
    unimplemented: unimplemented !== undefined,
  };
}

/** `bytes  disassembly` of the instruction at RIP of a state. */
function disassemble(testCase: Case, before: MachineState): string {
  if (!decode(testCase, before)) return `${hexBytes(testCase.code)}  (invalid)`;
  const formatter = new Formatter(FormatterSyntax.Intel);
  const skip = before.number(RIP) - testCase.state.number(RIP);
  const bytes = testCase.code.subarray(skip, skip + scratch.length);
  const text = `${hexBytes(bytes)}  ${formatter.format(scratch)}`;
  formatter.free();
  return text;
}

/** All instructions of a case. */
function listing(testCase: Case): string {
  const at = testCase.state.copy();
  const lines: string[] = [];
  while (decode(testCase, at)) {
    lines.push(disassemble(testCase, at));
    at.set(RIP, at.get(RIP) + BigInt(scratch.length));
  }
  return lines.join('\n');
}

/** The registers an instruction uses, as values of iced-x86's enumeration. */
function usedRegisters(): Set<Register> {
  const factory = new InstructionInfoFactory();
  const info = factory.info(scratch);
  const used = new Set<Register>();
  for (const each of info.usedRegisters()) {
    used.add(RegisterExt.fullRegister(each.register));
    each.free();
  }
  info.free();
  factory.free();
  return used;
}

/** What the instruction had to work with. */
function operands(before: MachineState): string {
  const used = usedRegisters();
  const shown = REGISTER_NAMES.slice(0, 16)
    .map((name, i) => [name, i] as const)
    .filter(([, i]) => used.has(Register.RAX + i))
    .map(([name, i]) => `${name}=${hex(before.get(i))}`);
  shown.push(`flags=${flagNames(before.number(RFLAGS))}`);
  const x87 = scratch.cpuidFeatures().includes(CpuidFeature.FPU) || usesX87(used);
  const sse = FX_FIELDS.some((_, i) => used.has(Register.ZMM0 + i) && i < 16);
  for (const [name, at, size] of FX_FIELDS) {
    const vector = name.startsWith('xmm') && used.has(Register.ZMM0 + Number(name.slice(3)));
    const control = name === 'mxcsr' ? sse : x87 && !name.startsWith('xmm');
    if (vector || control) shown.push(`${name}=${field(before, at, size)}`);
  }
  return shown.join(' ');
}

function usesX87(used: ReadonlySet<Register>): boolean {
  for (let i = 0; i < 8; i++) {
    if (used.has(Register.ST0 + i) || used.has(Register.MM0 + i)) return true;
  }
  return false;
}

/** A few lines: bytes, disassembly, the differences, the operands, how to see it again. */
export function describe(mismatch: Mismatch, reproduce: string): string {
  const { testCase, step, before, differences } = mismatch;
  const text = step < 0 ? listing(testCase) : disassemble(testCase, before);
  const when = step < 0 ? 'stepped ("silicon") and not' : `step ${step + 1}`;
  const lines = [`${text}   (${when}, at ${hex(before.get(RIP))})`];
  for (const { what, silicon, emulated } of differences) {
    lines.push(`  ${what}: silicon ${silicon}; emulated ${emulated}`);
  }
  if (!scratch.isInvalid) lines.push(`  before: ${operands(before)}`);
  for (const { address, bytes } of testCase.patches) {
    lines.push(`  memory: [${hex(address)}] = ${hexBytes(bytes)}`);
  }
  lines.push(`  again: ${reproduce}`);
  return lines.join('\n');
}
