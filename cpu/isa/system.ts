// What belongs to the operating system: privileged instructions, those that user mode does not have,
// and those that show user mode the system's tables. Intel SDM vol. 3A, 5.9; vol. 2 under their names.
import { instruction } from './registry.js';
import type { Operand, Semantics, Value } from './semantics.js';

const UD = 6;
const GP = 13;

for (const privileged of [
  'hlt',
  'cli',
  'sti',
  'clts',
  'invd',
  'wbinvd',
  'rdmsr',
  'wrmsr',
  'rdpmc',
  'swapgs',
  'sysret',
  'sysretq',
  'sysexit',
  'sysexitq',
]) {
  instruction(privileged, '', (s) => s.raise(GP));
}
instruction('in', ['r8,i8', 'r16,i8', 'r32,i8', 'r8,r16', 'r16,r16', 'r32,r16'], (s) =>
  s.raise(GP),
);
instruction('out', ['i8,r8', 'i8,r16', 'i8,r32', 'r16,r8', 'r16,r16', 'r16,r32'], (s) =>
  s.raise(GP),
);

for (const [privileged, forms] of [
  ['mov', ['cr,r64', 'r64,cr', 'dr,r64', 'r64,dr']],
  ['lgdt', ['m80']],
  ['lidt', ['m80']],
  ['lldt', ['r16', 'r32', 'r64', 'm16']],
  ['ltr', ['r16', 'r32', 'r64', 'm16']],
  ['lmsw', ['r16', 'r32', 'r64', 'm16']],
  ['invlpg', ['m0', 'm8']],
] as const) {
  instruction(privileged, forms, (s) => s.raise(GP));
}
for (const [name, sizes] of [
  ['ins', 'bwd'],
  ['outs', 'bwd'],
] as const) {
  for (const size of sizes) {
    for (const rep of ['', 'rep ', 'repne ']) {
      for (const addressSize of ['', ' a32']) {
        instruction(`${rep}${name}${size} string${addressSize}`, '', (s) => s.raise(GP));
      }
    }
  }
}
/** SYSENTER_CS is zero: the system has but one entrance. */
instruction('sysenter', '', (s) => s.raise(GP));

/** Invalid outside of the privileged code or the mode that they are for. */
for (const [system, forms] of [
  ['rsm', ''],
  ['monitor', ''],
  ['mwait', ''],
  ['clac', ''],
  ['stac', ''],
  ['getsec', ''],
  ['getsecq', ''],
  ['vmcall', ''],
  ['vmlaunch', ''],
  ['vmresume', ''],
  ['vmxoff', ''],
  ['vmfunc', ''],
  ['vmptrld', 'm64'],
  ['vmptrst', 'm64'],
  ['vmclear', 'm64'],
  ['vmxon', 'm64'],
  ['vmread', 'rm64,r64'],
  ['vmwrite', 'r64,rm64'],
  ['invept', 'r64,m128'],
  ['invvpid', 'r64,m128'],
] as const) {
  instruction(system, forms, (s) => s.raise(UD));
}

/** Stores 16 bits, or a register's whole width. */
function storeWord(s: Semantics, target: Operand, value: Value): void {
  s.write(target, s.truncate(value, target.bits as 16 | 32 | 64));
}

/** There is no local descriptor table; the task register selects what lies behind user segments. */
const TASK = 0x38n;
/** CR0: PG AM WP NE ET MP PE. */
const CR0 = 0x8005_0033n;
for (const [name, value] of [
  ['sldt', 0n],
  ['str', TASK],
  ['smsw', CR0],
] as const) {
  instruction(name, ['r*', 'm16'], (s, target) => storeWord(s, target, s.constant(value, 64)));
}

/** The system has no tables in memory: they get an address of its half, and the limits they would have. */
const TABLES = 0xffff_ff00_0000_0000n;
for (const [name, limit] of [
  ['sgdt', 9n * 8n - 1n],
  ['sidt', 256n * 16n - 1n],
] as const) {
  instruction(name, 'm80', (s, target) => {
    const address = s.address(target);
    const base = s.add(address, s.constant(2n, 64));
    s.probeWrite(base, 8);
    s.store(address, s.constant(limit, 16));
    s.store(base, s.constant(TABLES, 64));
  });
}

/** Access rights, as LAR shows them, of the segment in the low bits of the operand; 0 of none. */
function rightsOf(s: Semantics, selector: Operand): Value {
  return s.helper('segmentRights', s.zeroExtend(s.truncate(s.read(selector), 16), 32));
}

for (const [name, show] of [
  ['lar', (_: Semantics, rights: Value) => rights],
  // all segments are flat
  ['lsl', (s: Semantics) => s.constant(0xffff_ffffn, 32)],
] as const) {
  instruction(name, ['r16,rm16', 'r32,rm32', 'r32,m16', 'r64,rm64', 'r64,m16'], (s, to, from) => {
    const rights = rightsOf(s, from);
    const exists = s.isNotZero(rights);
    const shown = s.zeroExtend(show(s, rights), 64);
    s.if(exists, () => storeWord(s, to, shown));
    s.setFlags({ zf: exists });
  });
}

/** Bit of the rights: data, which can be written. All segments can be read. */
const WRITABLE_DATA = 0xf300n;
instruction('verr', ['r*', 'm16'], (s, selector) => {
  s.setFlags({ zf: s.isNotZero(rightsOf(s, selector)) });
});
instruction('verw', ['r*', 'm16'], (s, selector) => {
  const kind = s.and(rightsOf(s, selector), s.constant(0xff00n, 32));
  s.setFlags({ zf: s.compare('eq', kind, s.constant(WRITABLE_DATA, 32)) });
});
