// Reads ELF files: the System V ABI's "Object Files", x86-64 only. A file that is damaged in any
// way is refused with ENOEXEC; nothing here trusts a number of the file.
import { ENOEXEC, getWord, viewOf } from '../abi/index.js';
import { SysError } from '../error.js';
import { IMAGE_END } from '../memory/layout.js';

const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_PHDR = 6;
const PT_TLS = 7;
const PF_X = 1;
const PF_W = 2;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_X86_64 = 62;
const EHDR_SIZE = 64;
const PHDR_SIZE = 56;
const LONGEST_PATH = 4096;

/** Where position-independent programs are put. */
const DYNAMIC_BASE = 0x1000_0000;

export interface Segment {
  /** Where it lies in memory. */
  readonly address: number;
  readonly size: number;
  /** What it starts with; the rest is zero. */
  readonly bytes: Uint8Array;
  readonly writable: boolean;
  readonly executable: boolean;
  /** 0 and 1 mean none. */
  readonly alignment: number;
}

export interface Elf {
  readonly entry: number;
  readonly base: number;
  readonly segments: readonly Segment[];
  readonly tls: Segment | undefined;
  /** Path of the program that is to be executed instead. */
  readonly interpreter: string | undefined;
  /** Address of the program headers in memory, 0 when no segment holds them. */
  readonly programHeaders: number;
  readonly programHeaderCount: number;
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: number;
}

/** @throws SysError ENOEXEC */
export function parseElf(file: Uint8Array): Elf {
  check(file.length >= EHDR_SIZE);
  const view = viewOf(file);
  // 7F 'E' 'L' 'F', 64 bits, little-endian, version 1
  check(view.getUint32(0) === 0x7f454c46 && view.getUint32(4) >>> 8 === 0x020101);
  const type = view.getUint16(16, true);
  check(type === ET_EXEC || type === ET_DYN);
  check(view.getUint16(18, true) === EM_X86_64);
  const headers = programHeaders(file, view);
  const base = type === ET_DYN ? DYNAMIC_BASE : 0;
  const loads = headers.filter((header) => header.type === PT_LOAD && header.memorySize > 0);
  check(loads.length > 0);
  const tls = headers.find((header) => header.type === PT_TLS && header.memorySize > 0);
  const interpreter = headers.find((header) => header.type === PT_INTERP);
  const entry = getWord(view, 24) + base;
  check(entry < IMAGE_END);
  return {
    entry,
    base,
    segments: loads.map((header) => segment(file, header, base)),
    tls: tls && segment(file, tls, base),
    interpreter: interpreter && path(file, interpreter),
    programHeaders: addressOfHeaders(headers, getWord(view, 32), base),
    programHeaderCount: headers.length,
  };
}

function programHeaders(file: Uint8Array, view: DataView): ProgramHeader[] {
  const start = getWord(view, 32);
  const count = view.getUint16(56, true);
  check(view.getUint16(54, true) === PHDR_SIZE);
  check(start + count * PHDR_SIZE <= file.length);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * PHDR_SIZE;
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: getWord(view, at + 8),
      address: getWord(view, at + 16),
      fileSize: getWord(view, at + 32),
      memorySize: getWord(view, at + 40),
      alignment: getWord(view, at + 48),
    };
  });
}

function segment(file: Uint8Array, header: ProgramHeader, base: number): Segment {
  const { offset, address, fileSize, memorySize, flags } = header;
  check(fileSize <= memorySize && offset + fileSize <= file.length);
  check(address + base + memorySize <= IMAGE_END);
  const executable = (flags & PF_X) !== 0;
  return {
    address: address + base,
    size: memorySize,
    bytes: file.subarray(offset, offset + fileSize),
    executable,
    writable: (flags & PF_W) !== 0 && !executable, // never both
    alignment: header.alignment,
  };
}

function path(file: Uint8Array, { offset, fileSize }: ProgramHeader): string {
  check(fileSize <= LONGEST_PATH && offset + fileSize <= file.length);
  const bytes = Array.from(file.subarray(offset, offset + fileSize));
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.slice(0, end)));
}

function addressOfHeaders(headers: ProgramHeader[], start: number, base: number): number {
  const named = headers.find(({ type }) => type === PT_PHDR);
  if (named !== undefined) return named.address + base;
  const holder = headers.find(
    ({ type, offset, fileSize }) =>
      type === PT_LOAD && start >= offset && start < offset + fileSize,
  );
  return holder === undefined ? 0 : holder.address + (start - holder.offset) + base;
}

function check(holds: boolean): void {
  if (!holds) throw new SysError(ENOEXEC);
}
