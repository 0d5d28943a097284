// Registers and memory for one encoding: interesting values everywhere, and the address registers
// solved so that memory operands lie where the case wants them.
import type { Encoding, MemoryOperand } from './encoding.js';
import { memoryFormat, randomFloatingPoint } from './floating-point.js';
import type { Random } from './random.js';
import {
  type Case,
  CODE,
  CONSTANTS,
  DATA,
  FS_BASE,
  GS_BASE,
  MachineState,
  PAGE_SIZE,
  type Patch,
  RFLAGS,
  RIP,
} from './state.js';
import { type Format, fill, integer32, integer64 } from './values.js';

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const RSP = 4;
const RBP = 5;
const RSI = 6;
const RDI = 7;
const NON_CANONICAL = 0x8000_0000_0000n;
const DATA_END = DATA.address + DATA.pages * PAGE_SIZE;

/** CF PF AF ZF SF OF. */
const ARITHMETIC_FLAGS = 0x8d5;
const ALWAYS_SET = 0x202;
const DF = 0x400;
const AC = 0x4_0000;
const XSAVE = /^x(save|rstor)/;
const XSAVE_HEADER = 512;
const XSAVE_SIZE = 576;
/** Steps of a repeated string instruction, each of them one iteration. */
const ITERATIONS = 8;

/** An address in the data area, aligned for whatever is there. */
const insideData = (random: Random): bigint =>
  BigInt((DATA.address + 64 + random.below(DATA.pages * PAGE_SIZE - 128)) & ~15);

/** An address for a memory operand: mostly in the data area, sometimes where it faults. */
function target(random: Random): bigint {
  const inside = DATA.address + 64 + random.below(DATA.pages * PAGE_SIZE - 128);
  switch (random.below(32)) {
    case 0:
    case 1: // across the boundary of the two pages
      return BigInt(DATA.address + PAGE_SIZE - random.below(17));
    case 2: // reaching, or not, into what is not mapped
      return BigInt(DATA_END - random.below(20));
    case 3:
      return random.chance(0.5)
        ? BigInt(CONSTANTS.address + random.below(PAGE_SIZE - 16))
        : BigInt(DATA.address - random.below(20));
    case 4:
      return random.chance(0.2) ? NON_CANONICAL - BigInt(random.below(20)) : BigInt(inside & ~15);
    case 5:
    case 6:
    case 7:
    case 8:
      return BigInt(inside);
    default:
      return BigInt(inside & (random.chance(0.5) ? ~15 : ~7));
  }
}

/** Solves base + index * scale + displacement = address, by choosing the registers' values. */
function solve(
  random: Random,
  state: MachineState,
  { base, index, scale, displacement, short }: MemoryOperand,
  address: bigint,
): void {
  // an address of 32 bits does not depend on the upper halves of its registers
  const rest = short && random.chance(0.5) ? BigInt(random.bits()) << 32n : 0n;
  const factor = BigInt(scale);
  if (base >= 0 && base === index) {
    state.set(base, (address - displacement) / (factor + 1n) + rest);
  } else if (base >= 0) {
    const part = index >= 0 ? state.get(index) * factor : 0n;
    state.set(
      base,
      (short ? BigInt.asUintN(32, address - displacement - part) : address - displacement - part) +
        rest,
    );
  } else if (index >= 0) {
    const value = (address - displacement) / factor;
    state.set(index, (short ? BigInt.asUintN(32, value) : value) + rest);
  }
}

function effectiveAddress(state: MachineState, memory: MemoryOperand, next: bigint): bigint {
  let sum = memory.displacement + (memory.ripRelative ? next : 0n);
  if (memory.base >= 0) sum += state.get(memory.base);
  if (memory.index >= 0) sum += state.get(memory.index) * BigInt(memory.scale);
  return BigInt.asUintN(memory.short ? 32 : 64, sum);
}

/** Writes a displacement into a copy of the instruction's bytes. */
function withDisplacement(bytes: Uint8Array, memory: MemoryOperand, value: bigint): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < memory.displacementSize; i++) {
    copy[memory.displacementAt + i] = Number(BigInt.asUintN(8, value >> BigInt(i * 8)));
  }
  return copy;
}

/** A piece of memory at an address, cut to what is mapped there; undefined when nothing is. */
function piece(random: Random, address: bigint, length: number, format: Format): Patch | undefined {
  const start = Number(address);
  for (const area of [DATA, CONSTANTS]) {
    const end = area.address + area.pages * PAGE_SIZE;
    if (start >= area.address && start < end) {
      const bytes = new Uint8Array(Math.min(length, end - start));
      fill(random, bytes, format);
      return { address: start, bytes };
    }
  }
  return undefined;
}

/** The values of registers that an instruction uses without naming them. */
function implicitRegisters(random: Random, state: MachineState, encoding: Encoding): void {
  const { mnemonic, group } = encoding;
  if (random.chance(0.5) || mnemonic === 'leave') state.set(RBP, target(random));
  if (group === 'string' || /^(maskmov|xlatb)/.test(mnemonic)) {
    const high = random.chance(0.1) ? BigInt(random.bits()) << 32n : 0n; // ignored after 67
    state.set(RSI, target(random) + high);
    state.set(RDI, target(random) + high);
    if (encoding.repeated && random.chance(0.9)) state.setWords(RCX, random.below(6), 0);
    if (mnemonic === 'xlatb') state.set(RBX, target(random));
  }
  if (/^(loop|j.?cxz)/.test(mnemonic) && random.chance(0.6)) {
    state.setWords(RCX, random.below(3), random.chance(0.8) ? 0 : random.bits());
  }
  if (XSAVE.test(mnemonic)) {
    // the host's processor has more components
    state.setWords(RAX, random.below(4), random.bits());
    state.setWords(RDX, 0, random.bits());
  }
  if (mnemonic.startsWith('pcmpestr') && random.chance(0.8)) {
    state.set(RAX, BigInt(random.below(40) - 20));
    state.set(RDX, BigInt(random.below(40) - 20));
  }
  if (/^i?div$/.test(mnemonic) && random.chance(0.7)) {
    state.set(RDX, random.chance(0.5) ? 0n : BigInt(random.below(64) - 32));
  }
  if (encoding.branchRegister >= 0 && random.chance(0.9)) {
    const far = random.chance(0.8) ? BigInt(integer32(random)) : NON_CANONICAL;
    state.set(encoding.branchRegister, far);
  }
}

/** Makes what is loaded from memory often something that can be loaded, or that compares equal. */
function plausible(
  random: Random,
  encoding: Encoding,
  bytes: Uint8Array,
  state: MachineState,
): void {
  const { mnemonic, group } = encoding;
  const whole = (length: number): boolean => bytes.length >= length && random.chance(0.8);
  if (/^f?xrstor/.test(mnemonic)) {
    bytes.set(state.fx.subarray(0, bytes.length));
    if (whole(28)) bytes.set([0x80, 0x1f, 0, 0], 24);
    if (whole(2)) bytes.set([0x7f, 0x03]);
    if (whole(XSAVE_SIZE)) {
      bytes.fill(0, XSAVE_HEADER, XSAVE_SIZE);
      bytes[XSAVE_HEADER] = random.below(4);
      // a bit of XCOMP_BV or behind it, but not the one that stands for another format
      if (random.chance(0.1)) bytes[XSAVE_HEADER + 8 + random.below(16)] = 1 << random.below(7);
    }
  } else if (mnemonic === 'ldmxcsr') {
    if (whole(4)) bytes.fill(0, 2, 4);
  } else if (/^(fldcw|fldenv|frstor)/.test(mnemonic)) {
    if (whole(6)) bytes.set([bytes[0] | 0x3f, bytes[1], bytes[2], bytes[3], bytes[4] & 0x7f]);
  } else if (mnemonic === 'cmpxchg') {
    if (whole(8)) bytes.set(state.bytes.subarray(0, 8));
  } else if (mnemonic === 'cmpxchg8b' || mnemonic === 'cmpxchg16b') {
    const half = mnemonic === 'cmpxchg8b' ? 4 : 8;
    if (!whole(half * 2)) return;
    bytes.set(state.bytes.subarray(RAX * 8, RAX * 8 + half));
    bytes.set(state.bytes.subarray(RDX * 8, RDX * 8 + half), half);
  } else if (group === 'branch') {
    if (whole(8)) bytes.fill(0, 4, 8); // a canonical address
  }
}

/**
 * Chooses the address of the memory operand; gives it, and the code with its displacement.
 * @param taken registers whose values others rely on; the operand's are added
 */
function placeOperand(
  random: Random,
  state: MachineState,
  encoding: Encoding,
  memory: MemoryOperand,
  taken?: Set<number>,
): { address: bigint; code: Uint8Array } {
  const next = state.get(RIP) + BigInt(encoding.bytes.length);
  const segmentBase = baseOf(state, encoding);
  // where others follow, a fault would keep them from being tried
  let wanted = taken !== undefined && random.chance(0.9) ? insideData(random) : target(random);
  if (/^(fx|xsave|xrstor)/.test(encoding.mnemonic) && random.chance(0.9)) wanted &= ~63n;
  wanted -= segmentBase;
  if (encoding.bitRegister >= 0 && !taken?.has(encoding.bitRegister) && random.chance(0.9)) {
    state.set(encoding.bitRegister, BigInt(random.below(0x4000) - 0x2000));
  }
  let code = encoding.bytes;
  let operand = memory;
  const registers = [memory.base, memory.index].filter((register) => register >= 0);
  if (registers.length > 0 && !registers.some((register) => taken?.has(register))) {
    solve(random, state, memory, wanted);
  } else if (memory.displacementSize >= 4) {
    const displacement = wanted - effectiveAddress(state, { ...memory, displacement: 0n }, next);
    code = withDisplacement(code, memory, displacement);
    const signed = BigInt.asIntN(memory.displacementSize * 8, displacement);
    operand = { ...memory, displacement: signed };
  }
  for (const register of registers) taken?.add(register);
  const address = effectiveAddress(state, operand, next) + segmentBase;
  return { address: BigInt.asUintN(64, address), code };
}

function baseOf(state: MachineState, { segment }: Encoding): bigint {
  return segment === undefined ? 0n : state.get(segment === 'fs' ? FS_BASE : GS_BASE);
}

function randomState(random: Random, encoding: Encoding): MachineState {
  const state = new MachineState();
  for (let i = 0; i < 16; i++) integer64(random, (low, high) => state.setWords(i, low, high));
  let flags = ALWAYS_SET | (random.bits() & ARITHMETIC_FLAGS);
  if (random.chance(0.15)) flags |= DF;
  if (random.chance(0.02)) flags |= AC;
  state.setWords(RFLAGS, flags, 0);
  state.setWords(RIP, encoding.address, 0);
  const stack = DATA.address + 256 + (random.below(PAGE_SIZE) & ~7);
  state.set(RSP, random.chance(0.9) ? BigInt(stack) : target(random));
  const base = BigInt(random.below(PAGE_SIZE));
  if (encoding.segment !== undefined)
    state.set(encoding.segment === 'fs' ? FS_BASE : GS_BASE, base);
  randomFloatingPoint(random, state, encoding);
  return state;
}

/** Whether an instruction may stand in a sequence: it goes on to the next, and rarely faults. */
export function fitsSequence(encoding: Encoding): boolean {
  const { group, mnemonic, invalid } = encoding;
  if (invalid || group === 'string') return false;
  if (group === 'branch') return /^j[^mr]/.test(mnemonic) && encoding.bytes.length < 6;
  return !/^(i?div|ud[012]|int3|leave|enter|pop(?!cnt)|push|maskmov|xlat|fx|xsave|xrstor|ldmxcsr)/.test(
    mnemonic,
  );
}

/** Where the counter of a loop lies: {@link target} leaves it alone. */
const COUNTER = DATA.address + 32;
/** `sub dword [rip+d],1` and `jnz`, behind the body of a loop. */
const LOOP_END = 13;

function loopEnd(start: number, bodyEnd: number): number[] {
  const bytes = new Uint8Array(LOOP_END);
  const view = new DataView(bytes.buffer);
  bytes.set([0x83, 0x2d]);
  view.setInt32(2, COUNTER - (bodyEnd + 7), true);
  bytes.set([1, 0x0f, 0x85], 6);
  view.setInt32(9, start - (bodyEnd + LOOP_END), true);
  return [...bytes];
}

/**
 * A case that executes several encodings one after the other, perhaps several times. Where a jump
 * is taken it goes to the next one or passes over it; the int3 behind the code ends it all.
 */
export function operandsForSequence(
  random: Random,
  encodings: readonly Encoding[],
  loops: number,
): Case {
  const state = randomState(random, encodings[0]);
  const patches: Patch[] = [];
  const code: number[] = [];
  // up to 15 bytes each: they fit between here and the end of the area
  const room = 15 * encodings.length + LOOP_END;
  const start = CODE.address + random.below(CODE.pages * PAGE_SIZE - room);
  const taken = new Set<number>();
  let jump = -1; // where the displacement of a jump over the next instruction lies
  for (const encoding of encodings) {
    const { memory, group } = encoding;
    let bytes = encoding.bytes;
    if (memory !== undefined) {
      state.setWords(RIP, start + code.length, 0);
      const placed = placeOperand(random, state, encoding, memory, taken);
      const patch = piece(random, placed.address, 16, memoryFormat(random, encoding));
      if (patch !== undefined) patches.push(patch);
      bytes = placed.code;
    }
    code.push(...bytes);
    if (jump >= 0) code[jump] = bytes.length;
    jump = group === 'branch' && random.chance(0.7) ? code.length - 1 : -1;
    if (group === 'branch') code[code.length - 1] = 0;
  }
  let steps = encodings.length + 1;
  if (loops > 1) {
    code.push(...loopEnd(start, start + code.length));
    patches.push({ address: COUNTER, bytes: Uint8Array.of(loops, 0, 0, 0) });
    steps = (encodings.length + 2) * loops + 1;
  }
  state.setWords(RIP, start, 0);
  return { state, code: Uint8Array.from(code), patches, steps };
}

/** Bytes of memory that a large operand needs. */
function lengthOf(mnemonic: string): number | undefined {
  if (XSAVE.test(mnemonic)) return XSAVE_SIZE;
  return /^(fx|frstor|fnsave)/.test(mnemonic) ? 512 : undefined;
}

/** One case for an encoding; two calls with equal random streams give equal cases. */
export function operandsFor(random: Random, encoding: Encoding): Case {
  const { memory, mnemonic, group } = encoding;
  const state = randomState(random, encoding);
  implicitRegisters(random, state, encoding);
  const patches: Patch[] = [];
  const add = (address: bigint, length: number, format: Format): void => {
    const patch = piece(random, address, length, format);
    if (patch === undefined) return;
    plausible(random, encoding, patch.bytes, state);
    patches.push(patch);
  };
  let code = encoding.bytes;
  if (memory !== undefined) {
    const placed = placeOperand(random, state, encoding, memory);
    code = placed.code;
    const length = lengthOf(mnemonic) ?? random.pick([16, 16, 32, 64]);
    add(placed.address, length, memoryFormat(random, encoding));
  } else if (group === 'string' && random.chance(0.7)) {
    add(state.get(RSI), 32, 'integer');
    add(state.get(RDI), 32, 'integer');
  }
  if (/^(pop|ret|leave|enter)/.test(mnemonic)) {
    add(state.get(mnemonic === 'leave' ? RBP : RSP), 32, 'integer');
  }
  const steps = group === 'string' && encoding.repeated ? ITERATIONS : 1;
  return { state, code, patches, steps };
}
