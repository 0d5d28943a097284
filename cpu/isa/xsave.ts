// XSAVE and its kin for x87 and SSE state, in the standard format. Intel SDM vol. 1, 13.6 to 13.9;
// vol. 2A and 2D under these names.
import { XCR0 } from '../helpers/cpuid.js';
import { imageAddress } from './fxsave.js';
import { instruction } from './registry.js';
import type { Semantics, Value } from './semantics.js';

const RAX = 0;
const RCX = 1;
const RDX = 2;
const GP = 13;
/** The legacy region, as FXSAVE lays it out; then the header, of which XSTATE_BV comes first. */
const HEADER = 512;
const SIZE = HEADER + 64;
const ALIGNMENT = 64;
/** Bits of the components. */
const X87 = 0;
const SSE = 1;
const MXCSR = 24;

/** State components that are asked for and exist: RFBM. */
function requested(s: Semantics): Value {
  return s.and(s.register(RAX, 32), s.constant(XCR0, 32));
}

/** The first byte used of what is asked for, which a fault's address shows. */
function firstByte(s: Semantics, address: Value, asked: Value): Value {
  const mxcsr = s.add(address, s.constant(BigInt(MXCSR), 64));
  return s.select(s.bitAt(asked, X87), address, mxcsr);
}

/**
 * The parts of the legacy region that belong to components: offset and size.
 * @param control components with which MXCSR goes
 * @param components those whose registers are there
 */
function eachPart(
  s: Semantics,
  address: Value,
  control: Value,
  components: Value,
  move: (address: Value, size: number, offset: number) => void,
): void {
  const part = (which: Value, component: number, offset: number, size: number): void => {
    const at = s.add(address, s.constant(BigInt(offset), 64));
    s.if(s.bitAt(which, component), () => move(at, size, offset));
  };
  part(components, X87, 0, 24);
  part(control, SSE, MXCSR, 8);
  part(components, X87, 32, 128);
  part(components, SSE, 160, 256);
}

for (const [suffix, wide, addressSize] of [
  ['', 0n, 64],
  ['64', 1n, 64],
  [' a32', 0n, 32],
  ['64 a32', 1n, 32],
] as const) {
  // XINUSE is all ones: nothing is left out because it has its initial value
  for (const name of ['xsave', 'xsaveopt']) {
    instruction(`${name}${suffix}`, 'm0', (s, area) => {
      const asked = requested(s);
      const address = imageAddress(s, area, ALIGNMENT);
      // the last byte is tried before the rest, which a fault's address shows
      s.probeWrite(s.addressBeyond(area, s.constant(BigInt(SIZE - 1), 64), addressSize), 1);
      s.if(s.isNotZero(asked), () => s.probeWrite(firstByte(s, address, asked), 1));
      s.helper('fxsave', s.constant(wide, 32));
      eachPart(s, address, asked, asked, (at, size, offset) => s.toMemory(at, size, offset));
      const header = s.addressBeyond(area, s.constant(BigInt(HEADER), 64), addressSize);
      s.store(header, s.or(s.load(header, 64), s.zeroExtend(asked, 64)));
    });
  }

  instruction(`xrstor${suffix}`, 'm0', (s, area) => {
    const asked = requested(s);
    const address = imageAddress(s, area, ALIGNMENT);
    const header = s.addressBeyond(area, s.constant(BigInt(HEADER), 64), addressSize);
    // XCOMP_BV first, which a fault's address shows
    const [format, present, rest] = [8n, 0n, 16n].map((at) =>
      s.load(s.add(header, s.constant(at, 64)), 64),
    );
    // no XCOMP_BV: the compacted format does not exist
    for (const word of [s.and(present, s.constant(~XCR0, 64)), format, rest]) {
      s.raiseIf(s.isNotZero(word), GP);
    }
    const loaded = s.and(asked, s.truncate(present, 32));
    s.if(s.isNotZero(asked), () => s.load(firstByte(s, address, asked), 8));
    eachPart(s, address, asked, loaded, (at, size, offset) => s.fromMemory(at, size, offset));
    const failed = s.helper('xrstor', asked, loaded, s.constant(wide, 32));
    s.raiseIf(s.isNotZero(failed), GP);
  });
}

instruction('xgetbv', '', (s) => {
  s.raiseIf(s.isNotZero(s.register(RCX, 32)), GP);
  s.setRegister(RAX, s.constant(XCR0, 32));
  s.setRegister(RDX, s.constant(0n, 32));
});
instruction('xsetbv', '', (s) => s.raise(GP));
