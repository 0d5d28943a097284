// What a program can run on: a name fixes the C library and the kernel revision together.

/** A C library and the kernel of its time. */
export interface Profile {
  readonly name: string;
  /** The library that ELF programs are linked to, or none for Redox's own ABI. */
  readonly library: 'relibc-2019-08-04' | undefined;
  readonly kernel: 'P7';
  readonly description: string;
}

export const DEFAULT_PROFILE = 'relibc-2019-08-04';

export const PROFILES: readonly Profile[] = [
  {
    name: 'relibc-2019-08-04',
    library: 'relibc-2019-08-04',
    kernel: 'P7',
    description: 'relibc a7b354c8 on the kernel of 2019-08-15: Linux programs, ptrace() by proc:',
  },
  {
    name: 'redox',
    library: undefined,
    kernel: 'P7',
    description: "the kernel of 2019-08-15 alone, for programs built for Redox's own ABI",
  },
];

export function profileNamed(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}
