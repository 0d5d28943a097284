// What a real processor answered, for machines that are none: for every vector instruction, with
// registers and with memory, a few cases of sse-cases.ts, each as what changed.
// `node dist/test/cpu/isa/sse-golden.js` records them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Instruction as Decoded, Decoder } from 'iced-x86';
import { NativeProcessor } from '../../silicon/native.js';
import { type Form, findForms, type Template } from '../../silicon/templates.js';
import { caseOf, type Format, type Instruction, told } from './sse-cases.js';

const CASES = 4;
const FILE = fileURLToPath(new URL('../../../../test/golden/sse.txt', import.meta.url));
const GROUPS: readonly string[] = ['mmx', 'sse', 'sse2', 'sse4'];
/** Tested elsewhere, or without an effect. */
const EXCLUDED = /^(fx|xsave|xrstor|prefetch|[lms]fence)/;

const SINGLE = /(ps|ss)(2|$)|^movs[lh]dup|^addsubps|^dpps|^insertps|^extractps|^cvtt?[ps]s/;
const DOUBLE = /(pd|sd)(2|$)|^movddup|^addsubpd|^dppd|^cvtt?[ps]d/;

export interface Recorded {
  readonly instruction: Instruction;
  readonly answers: readonly string[];
}

/** The processor's name, and its answers. */
export function readGolden(): { processor: string; recorded: Recorded[] } {
  const [heading, ...lines] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  const recorded: { instruction: Instruction; answers: string[] }[] = [];
  for (const line of lines) {
    if (!line.startsWith('= ')) {
      recorded.at(-1)?.answers.push(line);
      continue;
    }
    const [, hex, format, text] = /^= (\S+) (\S+) (.*)$/.exec(line) ?? [];
    const immediate = hex.endsWith('+');
    const bytes = Uint8Array.from(Buffer.from(hex.replace('+', ''), 'hex'));
    const instruction = { text, bytes, immediate, format: format as Format };
    recorded.push({ instruction, answers: [] });
  }
  return { processor: heading.replace('# ', ''), recorded };
}

const scratch = new Decoded();

function decode(bytes: readonly number[]): void {
  const decoder = new Decoder(64, Uint8Array.of(...bytes, 0, 0, 0, 0), 0);
  decoder.decodeOut(scratch);
  decoder.free();
}

/** The template with register 1, and register 2 or memory at RDI. */
function instructionOf(form: Form, template: Template, memory: boolean): Instruction {
  const prefixes = [...template.prefixes, ...(template.wide ? [0x48] : [])];
  const start = [...prefixes, ...template.opcode];
  const rm = memory ? 0x07 : 0xc2;
  let modrm = rm | 0x08;
  decode([...start, modrm]);
  if (scratch.code !== form.code) {
    // the field belongs to the opcode
    modrm = rm | (template.modrm & 0x38);
    decode([...start, modrm]);
  }
  const immediate = scratch.length === start.length + 2;
  const bytes = [...start, modrm].slice(0, scratch.length); // EMMS has no operands
  const { mnemonic } = form;
  const format = SINGLE.test(mnemonic) ? 'single' : DOUBLE.test(mnemonic) ? 'double' : 'integer';
  // the disassembler would name CMPPS by its predicate
  const text = scratch.toString().replace(/^\S+/, mnemonic);
  return {
    ...{ text, format: format as Format, immediate },
    bytes: Uint8Array.from(bytes),
  };
}

/** The instructions there are. */
export const vectorForms = (): Form[] =>
  findForms().filter(({ group, mnemonic }) => GROUPS.includes(group) && !EXCLUDED.test(mnemonic));

function instructions(): Instruction[] {
  const all = vectorForms().flatMap((form) => [
    ...form.registers.slice(0, 1).map((template) => instructionOf(form, template, false)),
    ...form.memory.slice(0, 1).map((template) => instructionOf(form, template, true)),
  ]);
  return [...new Map(all.map((each) => [Buffer.from(each.bytes).toString('hex'), each])).values()];
}

async function record(): Promise<void> {
  const silicon = new NativeProcessor();
  silicon.setBaseline([]);
  const { model } = cpus()[0];
  const version = /model\s*:\s*(\d+)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  const lines = [`# ${model}, model ${version}`];
  for (const instruction of instructions()) {
    const { bytes, format, immediate, text } = instruction;
    const hex = Buffer.from(bytes).toString('hex') + (immediate ? '+' : '');
    lines.push(`= ${hex} ${format} ${text}`);
    const cases = Array.from({ length: CASES }, (_, i) => caseOf(instruction, i));
    const steps = await silicon.run(cases);
    steps.forEach(([step], i) => {
      lines.push(told(cases[i], step));
    });
  }
  silicon.close();
  writeFileSync(FILE, `${lines.join('\n')}\n`);
}

if (argv[1] === fileURLToPath(import.meta.url)) await record();
