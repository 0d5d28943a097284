// Moves of vectors and scalars between XMM registers, general registers and memory. Intel SDM
// vol. 2, "MOVAPS" and the like.
import { instruction } from './registry.js';
import {
  ALIGNED,
  type Operand,
  type Semantics,
  type Value,
  type Vector,
  type Width,
} from './semantics.js';

const LOW_8 = [0, 1, 2, 3, 4, 5, 6, 7];
/** The low halves of two vectors side by side. */
export const LOW_HALVES = [...LOW_8, ...LOW_8.map((i) => i + 16)];

const copy =
  (aligned: boolean) =>
  (s: Semantics, to: Operand, from: Operand): void => {
    s.writeVector(to, s.readVector(from, { aligned }), { aligned });
  };

for (const name of ['movaps', 'movapd', 'movdqa']) {
  instruction(name, ['x,xm128', 'm128,x'], copy(true));
}
for (const name of ['movups', 'movupd', 'movdqu']) {
  instruction(name, ['x,xm128', 'm128,x'], copy(false));
}
for (const name of ['movntps', 'movntpd', 'movntdq']) instruction(name, 'm128,x', copy(true));
instruction('movntdqa', 'x,m128', copy(true));
instruction('lddqu', 'x,m128', copy(false));

/** The bytes of `low` below `count`, those of `high` from there on. */
export function join(s: Semantics, low: Vector, high: Vector, count: number): Vector {
  const lanes = Array.from({ length: 16 }, (_, i) => (i < count ? i : 16 + i));
  return s.shuffle(low, high, lanes);
}

/** A scalar from memory clears the rest of the register; one from a register does not. */
for (const [name, bits] of [
  ['movss', 32],
  ['movsd', 64],
] as const) {
  instruction(name, 'x,x', (s, to, from) => {
    s.writeVector(to, join(s, s.readVector(from), s.readVector(to), bits / 8));
  });
  instruction(name, [`x,m${bits}`, `m${bits},x`], copy(false));
}

instruction('movq', ['x,m64', 'm64,x'], copy(false));
instruction('movq', 'x,x', (s, to, from) => s.writeVector(to, lowHalf(s, s.readVector(from))));

/** The low eight bytes, zeros above. */
export function lowHalf(s: Semantics, a: Vector): Vector {
  return join(s, a, s.zeroVector(), 8);
}

for (const [name, width] of [
  ['movd', 32],
  ['movq', 64],
] as const) {
  const lane = width === 32 ? 'i32x4.splat' : 'i64x2.splat';
  instruction(name, `x,r${width}`, (s, to, from) => {
    const zero = s.zeroVector();
    s.writeVector(to, join(s, s.vector(lane, s.read(from)), zero, width / 8));
  });
  instruction(name, `r${width},x`, (s, to, from) => {
    s.write(to, s.extractLane(s.readVector(from), width, 0));
  });
}
instruction('movd', ['x,m32', 'm32,x'], copy(false));

for (const type of ['s', 'd']) {
  instruction(`movlp${type}`, 'x,m64', (s, to, from) => {
    s.writeVector(to, join(s, s.readVector(from), s.readVector(to), 8));
  });
  instruction(`movlp${type}`, 'm64,x', copy(false));
  instruction(`movhp${type}`, 'x,m64', (s, to, from) => {
    const high = s.readVector(from);
    s.writeVector(to, s.shuffle(s.readVector(to), high, LOW_HALVES));
  });
  instruction(`movhp${type}`, 'm64,x', (s, to, from) => {
    s.write(to, s.extractLane(s.readVector(from), 64, 1));
  });
}
instruction('movhlps', 'x,x', (s, to, from) => {
  const lanes = [...LOW_8.map((i) => i + 24), ...LOW_8.map((i) => i + 8)];
  s.writeVector(to, s.shuffle(s.readVector(to), s.readVector(from), lanes));
});
instruction('movlhps', 'x,x', (s, to, from) => {
  s.writeVector(to, s.shuffle(s.readVector(to), s.readVector(from), LOW_HALVES));
});

/** MOVDDUP, MOVSLDUP, MOVSHDUP double the lanes whose bytes these are. */
const duplicate =
  (lanes: readonly number[]) =>
  (s: Semantics, to: Operand, from: Operand): void => {
    const a = s.readVector(from, ALIGNED);
    s.writeVector(to, s.shuffle(a, a, lanes));
  };
instruction('movddup', 'x,xm64', (s, to, from) => {
  const a = s.readVector(from);
  s.writeVector(to, s.shuffle(a, a, [...LOW_8, ...LOW_8]));
});
instruction('movsldup', 'x,xm128', duplicate([0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]));
instruction(
  'movshdup',
  'x,xm128',
  duplicate([4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15]),
);

for (const [name, test] of [
  ['movmskps', 'i32x4.bitmask'],
  ['movmskpd', 'i64x2.bitmask'],
  ['pmovmskb', 'i8x16.bitmask'],
] as const) {
  instruction(name, ['r32,x', 'r64,x'], (s, to, from) => {
    s.write(to, s.zeroExtend(s.vectorTest(test, s.readVector(from)), to.bits as Width));
  });
}

/** Stores bytes whose mask has its top bit set; the others are read and written back. */
export function storeMasked(
  s: Semantics,
  places: readonly Value[],
  data: Vector,
  mask: Vector,
): void {
  const chosen = s.vector('i8x16.lt_s', mask, s.zeroVector());
  // processors do it by halves, and look at the upper one first
  for (const place of [...places].reverse()) s.probeWrite(place, 8);
  for (const [half, place] of places.entries()) {
    const [bits, value] = [chosen, data].map((from) => s.extractLane(from, 64, half));
    const kept = s.and(s.load(place, 64), s.not(bits));
    s.store(place, s.or(kept, s.and(value, bits)));
  }
}
for (const [suffix, addressSize] of [
  ['', 64],
  [' a32', 32],
] as const) {
  instruction(`maskmovdqu${suffix}`, 'm0,x,x', (s, to, data, mask) => {
    const upper = s.addressBeyond(to, s.constant(8n, 64), addressSize);
    storeMasked(s, [s.address(to), upper], s.readVector(data), s.readVector(mask));
  });
}
