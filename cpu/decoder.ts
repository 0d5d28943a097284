// Decodes instructions with iced-x86 into the interpreter's records.
import * as iced from 'iced-x86';
import {
  ADDRESS_MASK,
  BASE,
  COUNTS,
  DISPLACEMENT,
  HANDLER,
  IMMEDIATE,
  IMMEDIATE_2,
  INDEX,
  LENGTH,
  LINK,
  NEXT,
  RECORD_SIZE,
  REGISTER_SLOT,
  SCALE,
  SEGMENT,
  SIMPLE_ADDRESS,
} from './interpreter/record.js';
import { FS_BASE, GS_BASE, X87, XMM, ZERO } from './layout.js';
import type { PhysicalMemory } from './memory.js';

const { Code, Decoder, DecoderError, FlowControl, Instruction, Mnemonic, OpKind, Register } = iced;

/** Without BMI and LZCNT their opcodes are BSF and BSR with a prefix that means nothing. */
const OPTIONS =
  iced.DecoderOptions.NoMPFX_0FBC |
  iced.DecoderOptions.NoMPFX_0FBD |
  iced.DecoderOptions.NoWbnoinvd;

const LONGEST = 15;

const RDI = 7;
const FULL = 0xffff_ffff_ffff_ffffn;
const LOW = 0xffff_ffffn;

/** How a run of records goes on after an instruction. */
export type Flow = 'next' | 'end';

/** Outcome of decoding one instruction. */
export type Decoded =
  | { readonly kind: 'instruction'; readonly length: number; readonly flow: Flow }
  /** The bytes end inside the instruction. */
  | { readonly kind: 'truncated' };

/** Kind of a register in a key, and where it lies in the register file. */
interface RegisterPlace {
  readonly token: string;
  readonly at: number;
}

export class RecordDecoder {
  readonly #view: DataView;
  readonly #handlers: ReadonlyMap<string, number>;
  readonly #instruction = new Instruction();
  /** Handler by iced's Code, times four: register form, memory, simple memory; -1 not yet known. */
  readonly #cache = new Map<number, number>();
  readonly #places = registerPlaces();
  readonly #mnemonics = mnemonicNames();

  constructor(memory: PhysicalMemory, handlerKeys: readonly string[]) {
    this.#view = memory.view;
    this.#handlers = new Map(handlerKeys.map((key, index) => [key, index]));
  }

  /** Index of the handler with a key. */
  handler(key: string): number | undefined {
    return this.#handlers.get(key);
  }

  /** Decodes the instruction that begins at `bytes[0]` and at `address` into the record at `at`. */
  decode(bytes: Uint8Array, address: number, at: number): Decoded {
    const decoder = new Decoder(64, bytes, OPTIONS);
    decoder.ip = BigInt(address);
    const instruction = this.#instruction;
    decoder.decodeOut(instruction);
    const { lastError } = decoder;
    decoder.free();
    if (lastError === DecoderError.NoMoreBytes) return { kind: 'truncated' };
    const view = this.#view;
    for (let i = 0; i < RECORD_SIZE; i += 4) view.setUint32(at + i, 0, true);
    const { length } = instruction;
    view.setUint8(at + LENGTH, length);
    setNumber(view, at + NEXT, address + length);
    if (instruction.code === Code.INVALID) {
      const handler = this.#handlers.get(isTooLong(bytes) ? '(too long)' : '(invalid)');
      view.setUint32(at + HANDLER, handler ?? 0, true);
      return { kind: 'instruction', length, flow: 'end' };
    }
    this.#fillOperands(instruction, bytes, at);
    view.setUint32(at + HANDLER, this.#handlerOf(instruction, bytes, at), true);
    const flow = instruction.flowControl;
    const ends =
      flow === FlowControl.UnconditionalBranch ||
      flow === FlowControl.IndirectBranch ||
      flow === FlowControl.Return ||
      flow === FlowControl.Exception;
    return { kind: 'instruction', length, flow: ends ? 'end' : 'next' };
  }

  /** The instruction's text and mnemonic key, for messages. */
  describe(bytes: Uint8Array, address: number): { text: string; length: number } {
    const decoder = new Decoder(64, bytes, OPTIONS);
    decoder.ip = BigInt(address);
    const instruction = decoder.decode();
    const text = instruction.toString();
    const { length } = instruction;
    instruction.free();
    decoder.free();
    return { text, length };
  }

  #handlerOf(instruction: iced.Instruction, bytes: Uint8Array, at: number): number {
    const shape = this.#shape(instruction, bytes, at);
    // prefixes and operands that the Code does not tell are in the shape
    const cacheKey = instruction.code * 64 + shape;
    let handler = this.#cache.get(cacheKey);
    if (handler === undefined) {
      handler = this.#find(this.#key(instruction, bytes), (shape & 3) === 2);
      this.#cache.set(cacheKey, handler);
    }
    return handler;
  }

  /** 0 no memory operand, 1 a general one, 2 a simple one; plus 4 REP, 8 REPNE, 16 address size. */
  #shape(instruction: iced.Instruction, bytes: Uint8Array, at: number): number {
    const view = this.#view;
    let shape = 0;
    for (let i = 0; i < instruction.opCount; i++) {
      if (instruction.opKind(i) === OpKind.Memory) {
        const simple =
          view.getUint16(at + INDEX, true) === ZERO &&
          view.getUint16(at + SEGMENT, true) === ZERO &&
          view.getUint32(at + ADDRESS_MASK + 4, true) !== 0;
        shape = simple ? 2 : 1;
      }
    }
    if (instruction.hasRepePrefix) shape |= 4;
    if (instruction.hasRepnePrefix) shape |= 8;
    if (hasAddressSizePrefix(bytes)) shape |= 16;
    if (instruction.hasLockPrefix) shape |= 32;
    return shape;
  }

  #find(key: string, simple: boolean): number {
    const plain = this.#handlers.get(key);
    if (simple) return this.#handlers.get(key + SIMPLE_ADDRESS) ?? plain ?? 0;
    return plain ?? 0;
  }

  #key(instruction: iced.Instruction, bytes: Uint8Array): string {
    const mnemonic =
      SIZED.get(instruction.code) ?? this.#mnemonics.get(instruction.mnemonic) ?? '(bad)';
    const size = hasAddressSizePrefix(bytes) ? ' a32' : '';
    if (instruction.isStringInstruction) {
      const rep = instruction.hasRepnePrefix ? 'repne ' : instruction.hasRepePrefix ? 'rep ' : '';
      return `${rep}${mnemonic} string${size}`;
    }
    if (ADDRESS_SIZE_MATTERS.has(mnemonic)) return mnemonic + size;
    const operands: string[] = [];
    for (let i = 0; i < instruction.opCount; i++) operands.push(this.#token(instruction, i));
    if (size !== '' && REACHES_BEYOND.test(`${mnemonic} ${operands}`)) {
      return `${mnemonic}${size} ${operands}`;
    }
    return operands.length === 0 ? mnemonic : `${mnemonic} ${operands.join(',')}`;
  }

  #token(instruction: iced.Instruction, operand: number): string {
    const kind = instruction.opKind(operand);
    switch (kind) {
      case OpKind.Register:
        return this.#places.get(instruction.opRegister(operand))?.token ?? '?';
      case OpKind.Memory:
        return `m${iced.MemorySizeExt.size(instruction.memorySize) * 8}`;
      case OpKind.MemorySegRDI:
      case OpKind.MemorySegEDI:
        return 'm0'; // MASKMOVDQU's implied operand
      case OpKind.NearBranch16:
      case OpKind.NearBranch32:
      case OpKind.NearBranch64:
        return 'rel';
      case OpKind.Immediate8_2nd:
        return 'i8';
      default:
        return IMMEDIATE_TOKEN.get(kind) ?? '?';
    }
  }

  #fillOperands(instruction: iced.Instruction, bytes: Uint8Array, at: number): void {
    const view = this.#view;
    view.setUint16(at + BASE, ZERO, true);
    view.setUint16(at + INDEX, ZERO, true);
    view.setUint16(at + SEGMENT, segmentSlot(instruction.memorySegment), true);
    view.setBigUint64(at + ADDRESS_MASK, hasAddressSizePrefix(bytes) ? LOW : FULL, true);
    view.setUint32(at + LINK, 0, true);
    for (let i = 0; i < instruction.opCount; i++) {
      const kind = instruction.opKind(i);
      if (kind === OpKind.Register) {
        const place = this.#places.get(instruction.opRegister(i));
        view.setUint16(at + REGISTER_SLOT[i as 0 | 1 | 2], place?.at ?? ZERO, true);
      } else if (kind === OpKind.Memory) {
        this.#fillMemory(instruction, at);
      } else if (kind === OpKind.MemorySegRDI || kind === OpKind.MemorySegEDI) {
        view.setUint16(at + BASE, RDI * 8, true);
      } else if (
        kind === OpKind.NearBranch64 ||
        kind === OpKind.NearBranch32 ||
        kind === OpKind.NearBranch16
      ) {
        view.setBigUint64(at + IMMEDIATE, instruction.nearBranchTarget, true);
        const counts =
          instruction.flowControl === FlowControl.Call ||
          instruction.nearBranchTarget <= instruction.ip;
        view.setUint8(at + COUNTS, counts ? 1 : 0);
      } else if (kind === OpKind.Immediate8_2nd) {
        view.setUint8(at + IMMEDIATE_2, Number(instruction.immediate(i)));
      } else if (IMMEDIATE_TOKEN.has(kind)) {
        view.setBigUint64(at + IMMEDIATE, BigInt.asUintN(64, instruction.immediate(i)), true);
      }
    }
    // x87 instructions have no immediate
    const opcode = escapeOpcode(bytes);
    if (opcode >= 0) view.setUint16(at + IMMEDIATE, opcode, true);
  }

  #fillMemory(instruction: iced.Instruction, at: number): void {
    const view = this.#view;
    const base = instruction.memoryBase;
    const index = instruction.memoryIndex;
    // iced has already added RIP to the displacement
    if (base !== Register.None && base !== Register.RIP && base !== Register.EIP) {
      view.setUint16(at + BASE, this.#places.get(base)?.at ?? ZERO, true);
    }
    if (index !== Register.None) {
      view.setUint16(at + INDEX, this.#places.get(index)?.at ?? ZERO, true);
      view.setUint8(at + SCALE, Math.log2(instruction.memoryIndexScale));
    }
    view.setBigUint64(at + DISPLACEMENT, instruction.memoryDisplacement, true);
  }
}

/** Instructions without operands in their key whose meaning depends on the address size. */
const ADDRESS_SIZE_MATTERS: ReadonlySet<string> = new Set(['xlatb', 'loop', 'loope', 'loopne']);

/** Instructions that go on from their operand's address, and wrap there with the address size. */
const REACHES_BEYOND = /^(bt[src]? m\d+,r|maskmovdqu |fxsave|fxrstor|xsave|xrstor)/;

/** Forms whose mnemonic and operands do not tell them from others: by operand size, or far ones. */
const SIZED: ReadonlyMap<number, string> = new Map<number, string>([
  [Code.Retfw, 'retfw'],
  [Code.Retfw_imm16, 'retfw'],
  [Code.Retfd, 'retfd'],
  [Code.Retfd_imm16, 'retfd'],
  [Code.Retfq, 'retfq'],
  [Code.Retfq_imm16, 'retfq'],
  [Code.Iretw, 'iretw'],
  [Code.Jmp_m1616, 'jmpf'],
  [Code.Jmp_m1632, 'jmpf'],
  [Code.Jmp_m1664, 'jmpf'],
  [Code.Call_m1616, 'callf'],
  [Code.Call_m1632, 'callf'],
  [Code.Call_m1664, 'callf'],
  [Code.Enterw_imm16_imm8, 'enterw'],
  [Code.Leavew, 'leavew'],
  [Code.Pushw_FS, 'pushw'],
  [Code.Pushw_GS, 'pushw'],
  [Code.Popw_FS, 'popw'],
  [Code.Popw_GS, 'popw'],
]);

const IMMEDIATE_TOKEN: ReadonlyMap<number, string> = new Map<number, string>([
  [OpKind.Immediate8, 'i8'],
  [OpKind.Immediate16, 'i16'],
  [OpKind.Immediate32, 'i32'],
  [OpKind.Immediate64, 'i64'],
  [OpKind.Immediate8to16, 'i16'],
  [OpKind.Immediate8to32, 'i32'],
  [OpKind.Immediate8to64, 'i64'],
  [OpKind.Immediate32to64, 'i64'],
]);

/** Prefixes before an opcode that may stand before 0x67. */
const LEGACY_PREFIXES: ReadonlySet<number> = new Set([
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0xf0, 0xf2, 0xf3,
]);

function hasAddressSizePrefix(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length && i < 14; i++) {
    if (bytes[i] === 0x67) return true;
    if (!LEGACY_PREFIXES.has(bytes[i])) return false;
  }
  return false;
}

/** Whether code begins with a string instruction behind REP or REPNE. */
export function isRepeatedString(bytes: Uint8Array): boolean {
  let repeated = false;
  for (const byte of bytes) {
    if (byte === 0xf2 || byte === 0xf3) repeated = true;
    else if (!LEGACY_PREFIXES.has(byte) && byte !== 0x67 && byte >> 4 !== 4) {
      return repeated && ((byte >= 0xa4 && byte <= 0xa7) || (byte >= 0xaa && byte <= 0xaf));
    }
  }
  return false;
}

/** The x87 opcode as FOP records it, or -1 of another instruction. Intel SDM vol. 1, 8.1.9. */
function escapeOpcode(bytes: Uint8Array): number {
  let at = 0;
  while (LEGACY_PREFIXES.has(bytes[at]) || bytes[at] === 0x67 || bytes[at] >> 4 === 4) at++;
  if (bytes[at] >> 3 !== 0xd8 >> 3) return -1;
  return ((bytes[at] & 7) << 8) | bytes[at + 1];
}

/**
 * Whether 15 bytes are no instruction because it has more: then they begin with prefixes that
 * change nothing, and without these the rest is an instruction, whatever follows it.
 */
function isTooLong(bytes: Uint8Array): boolean {
  if (bytes.length < LONGEST) return false;
  let prefixes = 0;
  while (LEGACY_PREFIXES.has(bytes[prefixes]) || bytes[prefixes] === 0x67) prefixes++;
  const rest = new Uint8Array(LONGEST);
  rest.set(bytes.subarray(prefixes));
  const decoder = new Decoder(64, rest, OPTIONS);
  const instruction = decoder.decode();
  const length = prefixes + instruction.length;
  const { isInvalid } = instruction;
  instruction.free();
  decoder.free();
  return !isInvalid && length > LONGEST;
}

function segmentSlot(segment: number): number {
  if (segment === Register.FS) return FS_BASE;
  return segment === Register.GS ? GS_BASE : ZERO;
}

/** Stores a non-negative number below 2^53 as a 64-bit word. */
function setNumber(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 0x1_0000_0000, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

function registerPlaces(): ReadonlyMap<number, RegisterPlace> {
  const places = new Map<number, RegisterPlace>();
  const family = (first: number, count: number, token: string, at: (i: number) => number): void => {
    for (let i = 0; i < count; i++) places.set(first + i, { token, at: at(i) });
  };
  // iced numbers AL CL DL BL AH CH DH BH SPL BPL SIL DIL R8L.., then the wider ones in encoding order
  family(Register.AL, 4, 'r8', (i) => i * 8);
  family(Register.AH, 4, 'r8', (i) => i * 8 + 1);
  family(Register.SPL, 12, 'r8', (i) => (i + 4) * 8);
  family(Register.AX, 16, 'r16', (i) => i * 8);
  family(Register.EAX, 16, 'r32', (i) => i * 8);
  family(Register.RAX, 16, 'r64', (i) => i * 8);
  family(Register.XMM0, 16, 'x', (i) => XMM + i * 16);
  family(Register.MM0, 8, 'mm', (i) => X87 + i * 16);
  family(Register.ST0, 8, 'st', (i) => i);
  family(Register.ES, 6, 'sreg', (i) => i);
  family(Register.CR0, 16, 'cr', () => ZERO);
  family(Register.DR0, 16, 'dr', () => ZERO);
  return places;
}

let names: ReadonlyMap<number, string> | undefined;

/** The same for every CPU, and asked for first when there is one. */
function mnemonicNames(): ReadonlyMap<number, string> {
  names ??= new Map(
    Object.entries(Mnemonic)
      .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
      .map(([name, number]) => [number, name === 'INVALID' ? '(bad)' : name.toLowerCase()]),
  );
  return names;
}
