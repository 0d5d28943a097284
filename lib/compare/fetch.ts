// Reads what a program's call points to, as far as lib/native/recorder.c does.
import type { UserMemory } from '../../kernel-sim/abi/index.js';

/** As in recorder.c. */
const MEMORY_MAX = 4096;
const PIECES_MAX = 16;
const PATH_MAX = 255;
const WORD = 8;

export function fetch(memory: UserMemory, address: number, size: number): Uint8Array {
  const length = Math.min(size, MEMORY_MAX);
  if (address === 0 || !memory.accessible(address, length, false)) return new Uint8Array();
  return memory.read(address, length);
}

export function fetchString(memory: UserMemory, address: number): Uint8Array {
  let length = 0;
  const more = (): boolean =>
    length < PATH_MAX &&
    memory.accessible(address + length, 1, false) &&
    memory.load8(address + length) !== 0;
  while (more()) length++;
  return memory.read(address, length);
}

export function fetchPieces(memory: UserMemory, address: number, count: number): Uint8Array {
  const length = Math.min(count, PIECES_MAX);
  if (!memory.accessible(address, length * 2 * WORD, false)) return new Uint8Array();
  const pieces = Array.from({ length }, (_, index) => {
    const at = address + index * 2 * WORD;
    return fetch(memory, memory.loadNumber(at), memory.loadNumber(at + WORD));
  });
  return Uint8Array.from(Buffer.concat(pieces)).slice(0, MEMORY_MAX);
}
