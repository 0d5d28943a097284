// The stack a program for Linux starts on: argc, argv, 0, envp, 0, and the auxiliary vector that
// Redox of 2019 did not pass. x86_64 ABI, "Initial Stack and Register State". The strings are
// copies, as in relibc's start.rs: the kernel's own lie on pages that cannot be written.
import type { ImageInfo, SystemCalls, Userspace } from '../../kernel-sim/abi/index.js';
import { MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../../kernel-sim/abi/index.js';
import * as linux from '../headers/linux.js';
import type { Libc } from '../libc.js';
import { bytesOf, decodeText, encodeText, STATICS_SIZE } from '../libc.js';
import { getegid, geteuid, getgid, getuid } from '../pal/identity.js';
import { mmapAnonymous } from '../pal/memory.js';
import { getrandom } from '../pal/time.js';
import { localPath } from './paths.js';
import { RDX, RSP } from './registers.js';

const WORD = 8;
/** Strings longer than this in all lie in a mapping of their own: the whole stack is 1 MiB. */
const MOST_ON_STACK = 0x2_0000;
const PROGRAM_HEADER = 56;
const RANDOM = 16;
const STACK_ALIGNMENT = 16;

/** A program's arguments and variables, each with the NUL that ends it. */
interface Strings {
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
}

/** Builds the stack below Redox's and points rsp at it; returns where relibc's variables lie. */
export function* buildInitialStack(libc: Libc, image: ImageInfo): SystemCalls<number> {
  const { memory, registers } = libc.user;
  const top = registers.number(RSP);
  const given = readStrings(libc.user, top);
  const argv = given.argv.map((argument) => namedLocally(argument, image));
  const { envp } = given;
  const strings = [...argv, ...envp];
  const size = strings.reduce((sum, { length }) => sum + length, 0);
  const path = bytesOf(`${localPath(image.path)}\0`);
  const platform = encodeText('x86_64\0');

  const random = top - RANDOM;
  const statics = random - STATICS_SIZE;
  const pathAt = statics - path.length;
  const platformAt = pathAt - platform.length;
  const bottom = size > MOST_ON_STACK ? platformAt : platformAt - size;
  memory.write(statics, new Uint8Array(STATICS_SIZE));
  memory.write(pathAt, path);
  memory.write(platformAt, platform);

  // From here on scratch memory must stay clear of what was just written.
  registers.setNumber(RSP, alignDown(bottom));
  const pointers = writeAll(libc.user, strings, yield* placeFor(libc, size, bottom));
  yield* getrandom(libc, random, RANDOM);
  const vector = yield* auxiliaryVector(libc, image, {
    random,
    path: pathAt,
    platform: platformAt,
  });

  const args = pointers.slice(0, argv.length);
  const vars = pointers.slice(argv.length);
  const words = [argv.length, ...args, 0, ...vars, 0, ...vector.flat()];
  const rsp = alignDown(bottom - words.length * WORD);
  for (const [index, word] of words.entries()) memory.storeNumber(rsp + index * WORD, word);
  registers.setNumber(RSP, rsp);
  registers.setNumber(RDX, 0); // no function to register with atexit
  return statics;
}

/** The kernel tells a dynamic loader its program's path as "file:/...", and the program by it. */
function namedLocally(argument: Uint8Array, { path }: ImageInfo): Uint8Array {
  const same = decodeText(argument) === `${path}\0`;
  return same ? bytesOf(`${localPath(path)}\0`) : argument;
}

function alignDown(address: number): number {
  return address - (address % STACK_ALIGNMENT);
}

function readStrings({ memory }: Userspace, stack: number): Strings {
  const stringAt = (place: number): Uint8Array => {
    const address = memory.loadNumber(place);
    return memory.read(address, memory.string(address).length + 1);
  };
  const argc = memory.loadNumber(stack);
  const argv = Array.from({ length: argc }, (_, index) => stringAt(stack + (1 + index) * WORD));
  const envp: Uint8Array[] = [];
  for (let place = stack + (argc + 2) * WORD; ; place += WORD) {
    if (memory.loadNumber(place) === 0) return { argv, envp };
    envp.push(stringAt(place));
  }
}

function* placeFor(libc: Libc, size: number, stack: number): SystemCalls<number> {
  if (size <= MOST_ON_STACK) return stack;
  return yield* mmapAnonymous(libc, size, PROT_READ | PROT_WRITE | MAP_PRIVATE);
}

/** Writes one string behind the other; returns where each begins. */
function writeAll({ memory }: Userspace, strings: readonly Uint8Array[], start: number): number[] {
  let place = start;
  return strings.map((string) => {
    const address = place;
    memory.write(address, string);
    place += string.length;
    return address;
  });
}

type Entry = readonly [type: number, value: number];

function* auxiliaryVector(
  libc: Libc,
  image: ImageInfo,
  places: { readonly random: number; readonly path: number; readonly platform: number },
): SystemCalls<readonly Entry[]> {
  return [
    [linux.AT_PHDR, image.programHeaders],
    [linux.AT_PHENT, PROGRAM_HEADER],
    [linux.AT_PHNUM, image.programHeaderCount],
    [linux.AT_PAGESZ, 4096],
    [linux.AT_BASE, image.interpreterBase],
    [linux.AT_FLAGS, 0],
    [linux.AT_ENTRY, image.entry],
    [linux.AT_UID, yield* getuid(libc)],
    [linux.AT_EUID, yield* geteuid(libc)],
    [linux.AT_GID, yield* getgid(libc)],
    [linux.AT_EGID, yield* getegid(libc)],
    [linux.AT_SECURE, 0],
    [linux.AT_RANDOM, places.random],
    [linux.AT_HWCAP, 0],
    [linux.AT_CLKTCK, 100],
    [linux.AT_PLATFORM, places.platform],
    [linux.AT_EXECFN, places.path],
    [linux.AT_NULL, 0],
  ];
}
