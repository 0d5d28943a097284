// What a program can run on: a name fixes the C library and the kernel revision together; another
// kernel can be put under the same library, as somebody who upgraded only one of them would have.
import { DEFAULT_LIBC_PROFILE, LIBC_PROFILES } from '../compat/index.js';

/** A C library and the kernel of its time. */
export interface Profile {
  readonly name: string;
  /** The library that ELF programs are linked to, or none for Redox's own ABI. */
  readonly library: string | undefined;
  /** The revision it was made for, `P7`. */
  readonly kernel: string;
  readonly description: string;
}

/** The name of the profile that a machine has unless another is said. */
export const DEFAULT_PROFILE = DEFAULT_LIBC_PROFILE;

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'relibc-2019-07-10': 'TRACEME does nothing, any process can be traced, one-byte operations',
  'relibc-2019-07-15': 'TRACEME leaves a chan: marker, waitpid adds WUNTRACED',
  'relibc-2019-08-04': 'command words of bits, the first stop after attaching is skipped',
  'relibc-2020-07-24': 'waits by reading the trace file',
  'relibc-2021-12-01': 'sessions belong to threads, no markers of special pids',
};

/** What there is to run on, the earliest first; `redox` has no library. */
export const PROFILES: readonly Profile[] = [
  ...LIBC_PROFILES.map(({ name, revision, kernel }) => ({
    name,
    library: name,
    kernel,
    description: `relibc ${revision} on kernel ${kernel}: ${DESCRIPTIONS[name]}`,
  })),
  {
    name: 'redox',
    library: undefined,
    kernel: 'P7',
    description: "kernel P7 alone, for programs built for Redox's own ABI",
  },
];

export function profileNamed(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}
