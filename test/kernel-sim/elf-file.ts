// Small ELF files for tests, from segments. System V ABI, "Object Files".

const EHDR_SIZE = 64;
const PHDR_SIZE = 56;

export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_TLS = 7;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export interface SegmentOptions {
  readonly type?: number;
  readonly flags?: number;
  readonly address?: number;
  readonly bytes: Uint8Array;
  /** The length of the bytes unless said. */
  readonly memorySize?: number;
}

export interface ElfOptions {
  /** ET_EXEC unless said. */
  readonly type?: number;
  readonly entry?: number;
  readonly segments: readonly SegmentOptions[];
}

export function elfFile({ type = 2, entry = 0x40_0000, segments }: ElfOptions): Uint8Array {
  const headersSize = EHDR_SIZE + segments.length * PHDR_SIZE;
  const file = new Uint8Array(
    segments.reduce((size, { bytes }) => size + bytes.length, headersSize),
  );
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(EHDR_SIZE), true);
  view.setUint16(52, EHDR_SIZE, true);
  view.setUint16(54, PHDR_SIZE, true);
  view.setUint16(56, segments.length, true);
  let offset = headersSize;
  segments.forEach((segment, i) => {
    const { type: kind = PT_LOAD, flags = PF_R | PF_X, address = 0x40_0000, bytes } = segment;
    const at = EHDR_SIZE + i * PHDR_SIZE;
    view.setUint32(at, kind, true);
    view.setUint32(at + 4, flags, true);
    const words = [offset, address, address, bytes.length, segment.memorySize ?? bytes.length, 1];
    words.forEach((word, j) => {
      view.setBigUint64(at + 8 + j * 8, BigInt(word), true);
    });
    file.set(bytes, offset);
    offset += bytes.length;
  });
  return file;
}
