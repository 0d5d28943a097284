// What a file is, before it is run: a program for this machine, or in one sentence why not. Layout
// of the headers: System V ABI, "Object Files"; machine numbers: its registry.

const MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: '32-bit x86',
  8: 'MIPS',
  20: 'PowerPC',
  21: '64-bit PowerPC',
  22: 'S/390',
  40: '32-bit ARM',
  62: 'x86_64',
  183: '64-bit ARM',
  243: 'RISC-V',
  258: 'LoongArch',
};
const EM_X86_64 = 62;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const TYPES: Readonly<Record<number, string>> = {
  1: 'an object file that was not linked',
  3: 'a shared library',
  4: 'a core dump',
};
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PROGRAM_HEADER_SIZE = 56;

/** Why these bytes cannot run here, or undefined when they can. */
export function whyNotProgram(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'it is empty';
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    const line = new TextDecoder().decode(bytes.subarray(2, 80)).split('\n', 1)[0] ?? '';
    return `it is a script for ${line.trim()}, not an x86_64 ELF program`;
  }
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    return 'it is not an ELF file';
  }
  if (bytes.length < 64) return 'its ELF header is cut short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[5] === ELFDATA2LSB;
  const machine = view.getUint16(18, little);
  if (machine !== EM_X86_64 || bytes[4] !== ELFCLASS64 || !little) {
    const x32 = machine === EM_X86_64 && bytes[4] !== ELFCLASS64;
    const name = x32 ? 'x32, with 32-bit addresses' : (MACHINES[machine] ?? `machine ${machine}`);
    return `it is for ${name}, not for x86_64`;
  }
  const type = view.getUint16(16, true);
  if (isCutShort(view)) return 'it is cut short: parts that its headers tell of are not there';
  if (type === ET_EXEC && loaderOf(bytes) !== undefined) {
    return 'it is dynamically linked to fixed addresses, which Redox cannot map; link it with -pie or -static';
  }
  // a position-independent program is a shared object with an entry
  if (type === ET_DYN && view.getBigUint64(24, true) !== 0n) return undefined;
  if (type !== ET_EXEC) return `it is ${TYPES[type] ?? `an ELF file of type ${type}`}`;
  return undefined;
}

/** Whether a program lies where it is loaded, not where its file says. */
export function moves(bytes: Uint8Array): boolean {
  return bytes[16] === ET_DYN;
}

/** The path of the dynamic loader that a program asks for; undefined if it is static. */
export function loaderOf(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = programHeadersOf(view).find((at) => view.getUint32(at, true) === PT_INTERP);
  if (header === undefined) return undefined;
  const offset = Number(view.getBigUint64(header + 8, true));
  const size = Number(view.getBigUint64(header + 32, true));
  const [path = ''] = Buffer.from(bytes.subarray(offset, offset + size))
    .toString()
    .split('\0');
  return path;
}

/** The program headers of a whole file, by their offsets. */
function programHeadersOf(view: DataView): number[] {
  const headers = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  return Array.from({ length: count }, (_, i) => headers + i * PROGRAM_HEADER_SIZE);
}

function isCutShort(view: DataView): boolean {
  return programHeadersOf(view).some((at) => {
    if (at + PROGRAM_HEADER_SIZE > view.byteLength) return true;
    if (view.getUint32(at, true) !== PT_LOAD) return false;
    const end = view.getBigUint64(at + 8, true) + view.getBigUint64(at + 32, true);
    return end > BigInt(view.byteLength);
  });
}
