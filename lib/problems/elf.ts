// The smallest programs: machine code at CODE, four writable pages at DATA.

export const CODE = 0x40_0000;
export const DATA = 0x60_0000;
const DATA_SIZE = 0x4000;
const HEADERS = 64 + 2 * 56;

/** An ELF file whose code starts at {@link CODE}. */
export function elf(code: Uint8Array): Uint8Array {
  const file = new Uint8Array(0x1000 + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  segment(view, 64, { flags: 5, offset: 0x1000, address: CODE, file: code.length, memory: 0x1000 });
  segment(view, 120, { flags: 6, offset: HEADERS, address: DATA, file: 0, memory: DATA_SIZE });
  file.set(code, 0x1000);
  return file;
}

function segment(
  view: DataView,
  at: number,
  parts: { flags: number; offset: number; address: number; file: number; memory: number },
): void {
  view.setUint32(at, 1, true); // PT_LOAD
  view.setUint32(at + 4, parts.flags, true);
  view.setBigUint64(at + 8, BigInt(parts.offset), true);
  view.setBigUint64(at + 16, BigInt(parts.address), true);
  view.setBigUint64(at + 24, BigInt(parts.address), true);
  view.setBigUint64(at + 32, BigInt(parts.file), true);
  view.setBigUint64(at + 40, BigInt(parts.memory), true);
  view.setBigUint64(at + 48, 0x1000n, true);
}
