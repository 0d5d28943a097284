// Thread-local storage of programs for Redox's ABI. In 2019 every pid had its own piece of address
// space for it, and a page to which FS points (the thread control block); the first word there is
// the end of the storage.
import { PAGE_SIZE } from '../../cpu/index.js';
import { ENOEXEC, setWord } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Content } from '../memory/area.js';
import { TCB_BASE, TLS_BASE, TLS_STRIDE } from '../memory/layout.js';
import { pageUp } from '../memory/process-memory.js';
import type { Segment } from './elf.js';

/** What a new thread's storage starts with. */
export interface TlsImage {
  readonly bytes: Uint8Array;
  /** A multiple of the alignment: the storage begins this far below its end. */
  readonly size: number;
}

/** @throws SysError ENOEXEC when it does not fit */
export function tlsImage({ bytes, size, alignment }: Segment): TlsImage {
  const aligned = alignment > 1 ? Math.ceil(size / alignment) * alignment : size;
  if (!(aligned <= TLS_STRIDE)) throw new SysError(ENOEXEC);
  return { bytes, size: aligned };
}

/** For a program that starts. */
export function mapTls(context: Context): void {
  context.threadBlock = true;
  const { tls } = context;
  if (tls === undefined) mapBlock(context, new Uint8Array(0));
  else mapStorage(context, tls, freshContent(context, tls));
}

/** For a clone: a thread's storage starts afresh, a process's as its parent's is. */
export function cloneTls(parent: Context, child: Context, sharesMemory: boolean): void {
  if (!parent.threadBlock) return;
  child.threadBlock = true;
  const { tls } = parent;
  child.tls = tls;
  if (tls === undefined) {
    mapBlock(child, parent.memory.read(blockOf(parent), PAGE_SIZE));
  } else if (sharesMemory) {
    mapStorage(child, tls, freshContent(child, tls));
  } else {
    const bytes = parent.memory.read(storageOf(parent), pageUp(tls.size));
    mapStorage(child, tls, { bytes, address: storageOf(child) });
  }
}

const storageOf = ({ pid }: Context): number => TLS_BASE + pid * TLS_STRIDE;
const blockOf = ({ pid }: Context): number => TCB_BASE + pid * PAGE_SIZE;

function freshContent(context: Context, { bytes, size }: TlsImage): Content {
  return { bytes, address: storageOf(context) + pageUp(size) - size };
}

function mapStorage(context: Context, { size }: TlsImage, content: Content): void {
  const start = storageOf(context);
  context.memory.map(start, size, { writable: true, contents: [content] });
  const end = new Uint8Array(8);
  setWord(new DataView(end.buffer), 0, start + pageUp(size));
  mapBlock(context, end);
}

function mapBlock(context: Context, bytes: Uint8Array): void {
  const address = blockOf(context);
  context.memory.map(address, PAGE_SIZE, { writable: true, contents: [{ bytes, address }] });
  context.registers.fsBase = BigInt(address);
}
