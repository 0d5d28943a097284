// FXSAVE and FXRSTOR, which wait for no x87 exception. Intel SDM vol. 2A under these names.
import { instruction } from './registry.js';
import type { Operand, Semantics, Value } from './semantics.js';

const GP = 13;
const AC = 17;
/** RFLAGS bit 18: then an image off a 4-byte boundary is #AC rather than #GP. */
const ALIGNMENT_CHECK = 18;
const SIZE = 512;
const ALIGNMENT = 16;
/** The rest of the image belongs to software. */
const USED = 416;

/** An image's address, which must lie on a boundary. */
export function imageAddress(s: Semantics, image: Operand, alignment: number): Value {
  const address = s.address(image);
  const odd = s.isNotZero(s.and(address, s.constant(3n, 64)));
  s.raiseIf(s.bitAnd(s.bitAt(s.rflags(), ALIGNMENT_CHECK), odd), AC);
  s.requireAligned(address, alignment);
  return address;
}

const last = (s: Semantics): Value => s.constant(BigInt(SIZE - 1), 64);

for (const [suffix, wide, addressSize] of [
  ['', 0n, 64],
  ['64', 1n, 64],
  [' a32', 0n, 32],
  ['64 a32', 1n, 32],
] as const) {
  instruction(`fxsave${suffix}`, `m${SIZE * 8}`, (s, target) => {
    const address = imageAddress(s, target, ALIGNMENT);
    // the last byte is tried before the rest, which a fault's address shows
    s.probeWrite(s.addressBeyond(target, last(s), addressSize), 1);
    s.helper('fxsave', s.constant(wide, 32));
    s.toMemory(address, USED);
  });
  instruction(`fxrstor${suffix}`, `m${SIZE * 8}`, (s, source) => {
    const address = imageAddress(s, source, ALIGNMENT);
    s.load(s.addressBeyond(source, last(s), addressSize), 8);
    s.fromMemory(address, USED);
    s.raiseIf(s.isNotZero(s.helper('fxrstor', s.constant(wide, 32))), GP);
  });
}
