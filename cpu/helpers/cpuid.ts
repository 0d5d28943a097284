// CPUID: announces exactly what is implemented. Intel SDM vol. 2A, "CPUID".

const RAX_AT = 0;
const RCX_AT = 8;
const RDX_AT = 16;
const RBX_AT = 24;

/** Bits of leaf 1. */
const ECX_1 = {
  SSE3: 1 << 0,
  SSSE3: 1 << 9,
  CX16: 1 << 13,
  SSE4_1: 1 << 19,
  SSE4_2: 1 << 20,
  POPCNT: 1 << 23,
  XSAVE: 1 << 26,
  OSXSAVE: 1 << 27,
};
const EDX_1 = {
  FPU: 1 << 0,
  TSC: 1 << 4,
  CX8: 1 << 8,
  CMOV: 1 << 15,
  CLFSH: 1 << 19,
  MMX: 1 << 23,
  FXSR: 1 << 24,
  SSE: 1 << 25,
  SSE2: 1 << 26,
};
const ECX_8000_0001 = { LAHF64: 1 << 0 };
const EDX_8000_0001 = { SYSCALL: 1 << 11, NX: 1 << 20, RDTSCP: 1 << 27, LM: 1 << 29 };

const bits = (flags: Readonly<Record<string, number>>): number =>
  Object.values(flags).reduce((all, bit) => all | bit, 0);

/** Four registers of ASCII. */
const text = (string: string): number[] =>
  [0, 4, 8, 12].map(
    (at) =>
      (string.charCodeAt(at) || 0) |
      ((string.charCodeAt(at + 1) || 0) << 8) |
      ((string.charCodeAt(at + 2) || 0) << 16) |
      ((string.charCodeAt(at + 3) || 0) << 24),
  );

const VENDOR = text('GenuineIntel');
const BRAND = 'relibc-ptrace emulated x86-64-v2'.padEnd(48, '\0');
/** Family 6, model 0x1a: the first with this instruction set. */
const SIGNATURE = 0x106a5;
/** The last basic leaf; those between are zero. */
const LAST = 0xd;
/** State components that XSAVE saves: x87 and SSE. They are always enabled. */
export const XCR0 = 3n;
/** Bytes of an XSAVE area: legacy region and header. */
const XSAVE_SIZE = 512 + 64;
const XSAVEOPT = 1 << 0;
/** CLFLUSH lines of 8 quadwords. */
const MISCELLANEOUS = 8 << 8;

/** The leaf in EAX, sub-leaf in ECX; answers in EAX, EBX, ECX, EDX. */
export function cpuid(view: DataView): number {
  const [eax, ebx, ecx, edx] = leaf(view.getUint32(RAX_AT, true), view.getUint32(RCX_AT, true));
  const set = (at: number, value: number): void => {
    view.setUint32(at, value, true);
    view.setUint32(at + 4, 0, true);
  };
  set(RAX_AT, eax);
  set(RBX_AT, ebx);
  set(RCX_AT, ecx);
  set(RDX_AT, edx);
  return 0;
}

function leaf(number: number, subleaf: number): readonly number[] {
  switch (number) {
    case 0:
      return [LAST, VENDOR[0], VENDOR[2], VENDOR[1]];
    case 1:
      return [SIGNATURE, MISCELLANEOUS, bits(ECX_1), bits(EDX_1)];
    case 0xd:
      if (subleaf === 0) return [Number(XCR0), XSAVE_SIZE, XSAVE_SIZE, 0];
      return [subleaf === 1 ? XSAVEOPT : 0, 0, 0, 0];
    case 0x8000_0000:
      return [0x8000_0008, 0, 0, 0];
    case 0x8000_0001:
      return [0, 0, bits(ECX_8000_0001), bits(EDX_8000_0001)];
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004:
      return text(BRAND.slice((number - 0x8000_0002) * 16));
    case 0x8000_0008:
      return [(48 << 8) | 40, 0, 0, 0];
    default:
      return [0, 0, 0, 0];
  }
}
