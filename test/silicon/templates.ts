// The instructions of the x86-64-v2 user-mode subset, found by decoding every opcode with iced-x86
// and sorting what comes out by the processor feature it needs.
import { Code, CpuidFeature, Decoder, DecoderOptions, Instruction, Mnemonic } from 'iced-x86';

/** An opcode with the prefixes and the ModRM byte that make it a certain instruction. */
export interface Template {
  /** Mandatory and operand-size prefixes. */
  readonly prefixes: readonly number[];
  readonly wide: boolean;
  /** Escape bytes and opcode. */
  readonly opcode: readonly number[];
  /** The ModRM byte, whose register or memory operand may be varied; its reg field may matter. */
  readonly modrm: number;
  /** The ModRM byte's rm field may not be varied. */
  readonly fixed: boolean;
}

/** All templates of one instruction, with a register operand and with memory. */
export interface Form {
  readonly code: Code;
  readonly mnemonic: string;
  readonly group: Group;
  readonly registers: Template[];
  readonly memory: Template[];
}

export const GROUPS = ['integer', 'string', 'branch', 'x87', 'mmx', 'sse', 'sse2', 'sse4'] as const;
export type Group = (typeof GROUPS)[number];

const FEATURES: Record<string, Group> = {
  ...{ INTEL8086: 'integer', INTEL186: 'integer', INTEL286: 'integer', INTEL386: 'integer' },
  ...{ INTEL486: 'integer', X64: 'integer', CMOV: 'integer', CX8: 'integer', PAUSE: 'integer' },
  ...{ CMPXCHG16B: 'integer', POPCNT: 'integer', MULTIBYTENOP: 'integer', CET_IBT: 'integer' },
  ...{ PREFETCHW: 'integer', PREFETCHWT1: 'integer', CLFSH: 'integer' },
  ...{ FPU: 'x87', FPU287: 'x87', FPU387: 'x87', MMX: 'mmx' },
  ...{ SSE: 'sse', FXSR: 'sse', SSE2: 'sse2', SSE3: 'sse4', SSSE3: 'sse4', SSE4_1: 'sse4' },
  ...{ SSE4_2: 'sse4', XSAVE: 'sse', XSAVEOPT: 'sse' },
};

/** Left out, with the reason. */
const EXCLUDED: Record<string, string> = {
  ...{
    Syscall: 'calls the host',
    Int: 'calls the host',
    Int1: 'told apart from a step by DR6 only',
  },
  ...{ Hlt: 'privileged', Cli: 'privileged', Sti: 'privileged', Clts: 'privileged' },
  ...{ In: 'privileged', Out: 'privileged', Insb: 'privileged', Insw: 'privileged' },
  ...{ Insd: 'privileged', Outsb: 'privileged', Outsw: 'privileged', Outsd: 'privileged' },
  ...{ Lgdt: 'privileged', Lidt: 'privileged', Lldt: 'privileged', Ltr: 'privileged' },
  ...{ Lmsw: 'privileged', Invd: 'privileged', Wbinvd: 'privileged', Invlpg: 'privileged' },
  ...{ Swapgs: 'privileged', Sysret: 'privileged', Sysretq: 'privileged', Rsm: 'privileged' },
  ...{ Sgdt: 'shows the host', Sidt: 'shows the host', Sldt: 'shows the host' },
  ...{
    Str: 'shows the host',
    Smsw: 'shows the host',
    Xgetbv: 'shows the host',
    Lar: 'shows the host',
  },
  ...{ Lsl: 'shows the host', Verr: 'shows the host', Verw: 'shows the host' },
  ...{ Lss: 'loads a segment register', Lfs: 'loads a segment register' },
  ...{ Lgs: 'loads a segment register', Retf: 'far', Retfq: 'far' },
  ...{ Iret: 'far', Iretd: 'far', Iretq: 'far' },
};
const EXCLUDED_CODES = /^(Mov_Sreg_|Pop[wdq]_?[FG]S|Jmp_m16|Call_m16|Mov_.*_(cr|dr)|Mov_(cr|dr))/;

const STRING = /^(Movs|Cmps|Scas|Lods|Stos)[bwdq]$/;
const BRANCH = /^(J|Loop|Call$|Ret$)/;
/** Opcodes whose ModRM.rm matters beside the register operand it names. */
const RM_MATTERS = /^(d[89a-f]|0f,(1|ae))$/;

const FEATURE_NAMES = new Map<number, string>();
for (const [name, value] of Object.entries(CpuidFeature)) {
  if (typeof value === 'number') FEATURE_NAMES.set(value, name);
}

/** The group an instruction belongs to, or undefined when it is left out. */
export function groupOf(instruction: Instruction): Group | undefined {
  if (instruction.code === Code.INVALID || instruction.isPrivileged) return undefined;
  const mnemonic = Mnemonic[instruction.mnemonic];
  if (mnemonic in EXCLUDED || EXCLUDED_CODES.test(Code[instruction.code])) return undefined;
  let group: Group = 'integer';
  if (mnemonic.startsWith('Fisttp')) return 'x87';
  for (const feature of instruction.cpuidFeatures()) {
    const of = FEATURES[FEATURE_NAMES.get(feature) ?? ''];
    if (of === undefined) return undefined;
    if (group !== 'x87') group = of; // FCMOV needs CMOV as well
  }
  const movsd = mnemonic === 'Movsd' && group !== 'integer'; // also the name of a scalar move
  if (STRING.test(mnemonic) && !movsd && group === 'integer') return 'string';
  if (group === 'integer' && BRANCH.test(mnemonic)) return 'branch';
  if (group !== 'x87' && group !== 'integer' && usesMmx(Code[instruction.code])) return 'mmx';
  return group;
}

const usesMmx = (code: string): boolean => /_mm(_|$|m64)|^Emms$|^Maskmovq/.test(code);

const NO_OPCODE = new Set([
  ...[0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x62, 0x64, 0x65, 0x66, 0x67, 0xc4, 0xc5, 0xf0, 0xf2, 0xf3],
  ...[0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e],
  0x4f,
]);

const PREFIXES = [[], [0x66], [0xf3], [0xf2], [0x66, 0xf3], [0x66, 0xf2]];

function* opcodes(): Generator<number[]> {
  for (let byte = 0; byte < 256; byte++) {
    if (!NO_OPCODE.has(byte)) yield [byte];
    if (byte !== 0x38 && byte !== 0x3a) yield [0x0f, byte];
    yield [0x0f, 0x38, byte];
    yield [0x0f, 0x3a, byte];
  }
}

/** ModRM bytes that tell one instruction from another: memory first, then registers. */
function modrmBytes(opcode: readonly number[]): number[] {
  const bytes: number[] = [];
  if (opcode.length === 3) return [0x80, 0xc0];
  for (let reg = 0; reg < 8; reg++) bytes.push(0x80 | (reg << 3));
  const every = RM_MATTERS.test(opcode.map((byte) => byte.toString(16)).join());
  for (let low = 0xc0; low < 0x100; low += every ? 1 : 8) bytes.push(low);
  return bytes;
}

/** Decodes every opcode once. */
export function findForms(): Form[] {
  const forms = new Map<Code, Form>();
  const instruction = new Instruction();
  for (const opcode of opcodes()) {
    for (const prefixes of PREFIXES) {
      for (const wide of [false, true]) {
        for (const modrm of modrmBytes(opcode)) {
          const bytes = [...prefixes, ...(wide ? [0x48] : []), ...opcode, modrm];
          const data = new Uint8Array(bytes.length + 12);
          data.set(bytes);
          const decoder = new Decoder(64, data, DecoderOptions.None);
          decoder.decodeOut(instruction);
          decoder.free();
          const group = groupOf(instruction);
          if (group === undefined) continue;
          const { code } = instruction;
          let form = forms.get(code);
          if (form === undefined) {
            const mnemonic = Mnemonic[instruction.mnemonic].toLowerCase();
            form = { code, mnemonic, group, registers: [], memory: [] };
            forms.set(code, form);
          }
          const fixed = RM_MATTERS.test(opcode.map((byte) => byte.toString(16)).join());
          const template = { prefixes, wide, opcode, modrm, fixed };
          (modrm < 0xc0 ? form.memory : form.registers).push(template);
        }
      }
    }
  }
  instruction.free();
  return [...forms.values()].sort((a, b) => a.code - b.code);
}
