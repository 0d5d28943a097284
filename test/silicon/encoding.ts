// One random encoding of an instruction: prefixes, ModRM, SIB, displacement and immediate, with
// what the operand chooser needs to know about it.
import {
  Decoder,
  DecoderError,
  DecoderOptions,
  Instruction,
  Mnemonic,
  OpKind,
  Register,
  RegisterExt,
} from 'iced-x86';
import type { Random } from './random.js';
import { CODE, PAGE_SIZE } from './state.js';
import { type Form, type Group, groupOf, type Template } from './templates.js';

/** A ModRM memory operand or an absolute one. Register numbers are those of the encoding, -1: none. */
export interface MemoryOperand {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacement: bigint;
  readonly ripRelative: boolean;
  /** The address is computed modulo 2^32. */
  readonly short: boolean;
  readonly segment: 'fs' | 'gs' | undefined;
  /** Where the displacement lies in the bytes, and its size; 0 when there is none. */
  readonly displacementAt: number;
  readonly displacementSize: number;
}

export interface Encoding {
  readonly bytes: Uint8Array;
  /** Where the instruction lies. */
  readonly address: number;
  readonly mnemonic: string;
  readonly group: Group;
  readonly repeated: boolean;
  readonly memory: MemoryOperand | undefined;
  /** The segment override of an instruction with implicit memory operands. */
  readonly segment: 'fs' | 'gs' | undefined;
  /** The bit number of BT and its kin when a register holds it and the bits are in memory. */
  readonly bitRegister: number;
  readonly branchRegister: number;
  /** It is no valid instruction: #UD is what must come. */
  readonly invalid: boolean;
}

const SEGMENTS = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
/** Prefixes and operands come from these bytes; 15 is the longest instruction. */
const LONGEST = 15;

function randomBytes(random: Random, form: Form, template: Template): Uint8Array {
  const bytes: number[] = [];
  if (random.chance(0.06)) bytes.push(random.pick(SEGMENTS));
  if (random.chance(0.06)) bytes.push(0x67);
  if (random.chance(0.03)) bytes.push(0x66);
  if (random.chance(0.02)) bytes.push(random.pick([0xf2, 0xf3]));
  if (form.group === 'string' && random.chance(0.6)) bytes.push(random.pick([0xf2, 0xf3]));
  if (form.group === 'integer' && random.chance(0.04)) bytes.push(LOCK);
  bytes.push(...template.prefixes);
  const rex = (template.wide ? 8 : 0) | (random.chance(0.5) ? random.below(8) : 0);
  if (rex !== 0 || random.chance(0.1)) bytes.push(0x40 | rex);
  bytes.push(...template.opcode);
  let modrm = template.modrm;
  const varied = template.opcode.length === 3 || sharesOpcode(form, template);
  if (varied) modrm = (modrm & 0xc7) | (random.below(8) << 3);
  if (modrm < 0xc0) modrm = (random.below(3) << 6) | (modrm & 0x38) | random.below(8);
  else if (!template.fixed) modrm = (modrm & 0xf8) | random.below(8);
  bytes.push(modrm);
  const data = new Uint8Array(LONGEST);
  random.fill(data);
  data.set(bytes.slice(0, LONGEST));
  if (random.chance(0.3)) {
    // a small displacement or immediate
    const at = bytes.length + random.below(4);
    data.fill(random.below(2) * 0xff, at, at + 3);
  }
  return data;
}

/** Every reg field gives this instruction: then it is an operand. */
function sharesOpcode(form: Form, template: Template): boolean {
  const list = template.modrm < 0xc0 ? form.memory : form.registers;
  const same = list.filter(
    ({ prefixes, wide, opcode }) =>
      prefixes === template.prefixes &&
      wide === template.wide &&
      `${opcode}` === `${template.opcode}`,
  );
  return new Set(same.map(({ modrm }) => modrm & 0x38)).size === 8;
}

const segmentOf = (register: Register): 'fs' | 'gs' | undefined =>
  register === Register.FS ? 'fs' : register === Register.GS ? 'gs' : undefined;

function memoryOperand(instruction: Instruction, decoder: Decoder): MemoryOperand | undefined {
  let explicit = false;
  for (let i = 0; i < instruction.opCount; i++) {
    explicit ||= instruction.opKind(i) === OpKind.Memory;
  }
  const base = instruction.memoryBase;
  const index = instruction.memoryIndex;
  if (!explicit || base === Register.AL) return undefined;
  const offsets = decoder.getConstantOffsets(instruction);
  const ripRelative = instruction.isIpRelMemoryOperand;
  const absolute = base === Register.None && index === Register.None;
  const sized = (register: Register): boolean =>
    register !== Register.None && RegisterExt.size(register) === 4;
  const operand = {
    base: base === Register.None || ripRelative ? -1 : RegisterExt.number(base),
    index: index === Register.None ? -1 : RegisterExt.number(index),
    scale: instruction.memoryIndexScale,
    displacement: ripRelative ? 0n : BigInt.asIntN(64, instruction.memoryDisplacement),
    ripRelative,
    short: sized(base) || sized(index) || (absolute && instruction.memoryDisplSize === 4),
    segment: segmentOf(instruction.memorySegment),
    displacementAt: offsets.displacementOffset,
    displacementSize: offsets.displacementSize,
  };
  offsets.free();
  return operand;
}

/** Where the code lies: anywhere, or where a page ends. */
function placeCode(random: Random, length: number): number {
  switch (random.below(16)) {
    case 0: // across the boundary of the two pages, or right before it
      return CODE.address + PAGE_SIZE - 1 - random.below(length);
    case 1: // up to the last byte that is mapped
      return CODE.address + CODE.pages * PAGE_SIZE - length;
    default:
      return CODE.address + 64 + random.below(PAGE_SIZE - 128);
  }
}

function invalidEncoding(random: Random, bytes: Uint8Array, address?: number): Encoding {
  return {
    ...{ bytes, address: address ?? placeCode(random, bytes.length), mnemonic: 'invalid' },
    ...{ group: 'integer', repeated: false, memory: undefined, segment: undefined },
    ...{ bitRegister: -1, branchRegister: -1, invalid: true },
  };
}

const LOCK = 0xf0;
/** Where VEX, EVEX and XOP begin: later processors have instructions there. */
const LATER = [0x62, 0x8f, 0xc4, 0xc5];
const ESCAPES = [[], [0x0f], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** Bytes that are no instruction of any processor, or undefined when the dice gave one. */
export function encodeInvalid(random: Random): Encoding | undefined {
  const data = new Uint8Array(LONGEST);
  random.fill(data);
  const prefixes = Array.from({ length: random.below(3) }, () =>
    random.pick([0x66, 0x67, 0xf2, 0xf3, LOCK, 0x40 | random.below(16), random.pick(SEGMENTS)]),
  );
  const opcodeMap = random.pick(ESCAPES);
  data.set([...prefixes, ...opcodeMap]);
  if (opcodeMap.length === 0 && LATER.includes(data[prefixes.length])) return undefined;
  const decoder = new Decoder(64, data, DecoderOptions.None);
  decoder.decodeOut(scratch);
  const invalid = scratch.isInvalid && decoder.lastError === DecoderError.InvalidInstruction;
  decoder.free();
  return invalid ? invalidEncoding(random, data) : undefined;
}

/** The beginning of an instruction that goes on where nothing is mapped. */
export function encodeTruncated(random: Random, form: Form): Encoding | undefined {
  const whole = encode(random, form);
  if (whole === undefined || whole.invalid || whole.bytes.length < 2) return undefined;
  const bytes = whole.bytes.slice(0, 1 + random.below(whole.bytes.length - 1));
  return invalidEncoding(random, bytes, CODE.address + CODE.pages * PAGE_SIZE - bytes.length);
}

/** XSAVE takes EDX:EAX for the components it is to save, so they cannot hold an address as well. */
function addressesByComponents(mnemonic: string, { base, index }: MemoryOperand): boolean {
  return /^x(save|rstor)/.test(mnemonic) && [base, index].some((used) => used === 0 || used === 2);
}

const scratch = new Instruction();
const BIT_TEST = /^bt[src]?$/;

/** A random encoding of the form, or undefined when the dice gave another instruction group. */
export function encode(random: Random, form: Form): Encoding | undefined {
  const fromMemory = form.memory.length > 0 && (form.registers.length === 0 || random.chance(0.5));
  const template = random.pick(fromMemory ? form.memory : form.registers);
  const data = randomBytes(random, form, template);
  const decoder = new Decoder(64, data, DecoderOptions.None);
  decoder.decodeOut(scratch);
  try {
    if (scratch.isInvalid) {
      // LOCK where it may not be; the other invalid ones mean something on later processors
      return data.subarray(0, 5).includes(LOCK) ? invalidEncoding(random, data) : undefined;
    }
    const group = groupOf(scratch);
    if (group === undefined) return undefined;
    const mnemonic = Mnemonic[scratch.mnemonic].toLowerCase();
    const memory = memoryOperand(scratch, decoder);
    if (memory !== undefined && addressesByComponents(mnemonic, memory)) return undefined;
    const registerOperand = (operand: number): number =>
      scratch.opKind(operand) === OpKind.Register
        ? RegisterExt.number(scratch.opRegister(operand))
        : -1;
    return {
      bytes: data.slice(0, scratch.length),
      address: placeCode(random, scratch.length),
      mnemonic,
      group,
      repeated: scratch.hasRepPrefix || scratch.hasRepnePrefix,
      memory,
      segment: segmentOf(scratch.memorySegment),
      bitRegister: memory !== undefined && BIT_TEST.test(mnemonic) ? registerOperand(1) : -1,
      branchRegister: group === 'branch' && scratch.opCount === 1 ? registerOperand(0) : -1,
      invalid: false,
    };
  } finally {
    decoder.free();
  }
}
