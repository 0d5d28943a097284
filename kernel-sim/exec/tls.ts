// Thread-local storage of programs for Redox's ABI. Facts: 2019, every pid has its own piece of address
// space for it, and a page to which FS points; the first word there is the end of the storage.
import { PAGE_SIZE } from '../../cpu/index.js';
import { setWord } from '../abi/index.js';
import type { Context } from '../context.js';
import { TCB_BASE, TLS_BASE, TLS_STRIDE } from '../memory/layout.js';
import { type ProcessMemory, pageUp } from '../memory/process-memory.js';

/** What a new thread's storage starts with. */
export interface TlsImage {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** Gives a context its storage, filled from an image or with bytes that another context has. */
export function mapTls(
  context: Context,
  memory: ProcessMemory,
  image: TlsImage | undefined,
  copied?: Uint8Array,
): void {
  const start = TLS_BASE + context.pid * TLS_STRIDE;
  const end = start + pageUp(image?.size ?? 0);
  if (image !== undefined) {
    const fresh = { bytes: image.bytes, address: end - image.size };
    const contents = copied === undefined ? fresh : { bytes: copied, address: start };
    memory.map(start, end - start, { writable: true, contents: [contents] });
  }
  const block = TCB_BASE + context.pid * PAGE_SIZE;
  memory.map(block, PAGE_SIZE, { writable: true });
  if (image !== undefined) {
    const word = new Uint8Array(8);
    setWord(new DataView(word.buffer), 0, end);
    memory.copyIn(block, word, 'write');
  }
  context.registers.fsBase = BigInt(block);
}

/** The storage of a context as bytes, for a clone that does not share memory. */
export function tlsBytes(context: Context, image: TlsImage): Uint8Array {
  return context.memory.read(TLS_BASE + context.pid * TLS_STRIDE, pageUp(image.size));
}
