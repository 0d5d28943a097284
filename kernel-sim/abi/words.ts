// 64-bit words in byte arrays as JavaScript numbers, without bigint: sizes, offsets and addresses
// are exact in a double below 2^53, and no allocation is needed for them.

const HIGH = 0x1_0000_0000;

/** An unsigned 64-bit word; exact below 2^53. */
export function getWord(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * HIGH + view.getUint32(offset, true);
}

/** A signed 64-bit word; exact between -2^53 and 2^53. */
export function getSignedWord(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * HIGH + view.getUint32(offset, true);
}

/** Stores an integer between -2^63 and 2^64 in two's complement. */
export function setWord(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  const small = value >= 0 && value < HIGH; // most are, and a division is slow
  view.setUint32(offset + 4, small ? 0 : Math.floor(value / HIGH) >>> 0, true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
