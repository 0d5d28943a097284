// Builds the memory of a program: image, thread-local storage, arguments, stacks. Source: fexec of
// 2019 (syscall/process.rs). Strings lie on pages of their own, pointers to them on the stack;
// there is no auxiliary vector.
import { PAGE_SIZE } from '../../cpu/index.js';
import { ENOEXEC, setWord } from '../abi/index.js';
import { SysError } from '../error.js';
import type { Content } from '../memory/area.js';
import { ARGUMENTS, SIGNAL_STACK, SIGNAL_STACK_SIZE, STACK, STACK_SIZE } from '../memory/layout.js';
import {
  type MappingOptions,
  type ProcessMemory,
  pageDown,
  pageUp,
} from '../memory/process-memory.js';
import type { Segment } from './elf.js';

/** Kept free above the first word of the stack. */
const STACK_HEADROOM = 256;

/** Maps the segments of a program. Neighbours may have one page in common. */
export function mapSegments(memory: ProcessMemory, segments: readonly Segment[]): void {
  let end = 0;
  for (const segment of segments.slice().sort((a, b) => a.address - b.address)) {
    let start = pageDown(segment.address);
    const last = pageUp(segment.address + segment.size);
    const content: Content = { bytes: segment.bytes, address: segment.address };
    if (start < end) {
      if (start < end - PAGE_SIZE) throw new SysError(ENOEXEC);
      mergeLastPage(memory, end - PAGE_SIZE, segment, content);
      start = end;
    }
    end = Math.max(end, last);
    if (start >= last) continue;
    memory.map(start, last - start, {
      writable: segment.writable,
      executable: segment.executable,
      contents: [content],
    });
  }
}

/** The page on which one segment ends and the next one begins. */
function mergeLastPage(
  memory: ProcessMemory,
  page: number,
  segment: Segment,
  content: Content,
): void {
  const before = memory.find(page);
  if (before === undefined) throw new SysError(ENOEXEC);
  const merged: MappingOptions = {
    writable: before.writable || segment.writable,
    executable: before.executable || segment.executable,
    contents: [...before.contents, content],
  };
  memory.resize(before, page - before.start);
  memory.map(page, PAGE_SIZE, merged);
}

/** Maps what every process has. */
export function mapStacks(memory: ProcessMemory): void {
  memory.map(STACK, STACK_SIZE, { writable: true });
  memory.map(SIGNAL_STACK, SIGNAL_STACK_SIZE, { writable: true });
}

/** Puts arguments and environment into memory; gives the stack pointer, below the pointers. */
export function pushArguments(
  memory: ProcessMemory,
  argv: readonly Uint8Array[],
  env: readonly Uint8Array[],
): number {
  const size = [...argv, ...env].reduce((sum, { length }) => sum + length + 1, 0);
  const strings = new Uint8Array(size);
  let used = 0;
  const place = (string: Uint8Array): number => {
    strings.set(string, used);
    const address = ARGUMENTS + used;
    used += string.length + 1;
    return address;
  };
  const envp = env.slice().reverse().map(place).reverse();
  const args = argv.slice().reverse().map(place).reverse();
  if (size > 0) {
    memory.map(ARGUMENTS, size, { contents: [{ bytes: strings, address: ARGUMENTS }] });
  }
  const words = [argv.length, ...args, 0, ...envp, 0];
  const stack = new Uint8Array(words.length * 8);
  const view = new DataView(stack.buffer);
  words.forEach((word, i) => {
    setWord(view, i * 8, word);
  });
  const pointer = STACK + STACK_SIZE - STACK_HEADROOM - stack.length;
  memory.copyIn(pointer, stack, 'write');
  return pointer;
}
