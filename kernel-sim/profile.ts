// What differs between revisions of the kernel, as data. Source: the kernel's commits of 2019.

export interface KernelProfile {
  readonly name: string;
  /** Whether a tracer finds registers while a fault ends the process. */
  readonly framesInFaults: boolean;
  /** Whether RFLAGS.TF survives the entry of a signal handler, sigreturn and fexec. */
  readonly trapFlagSurvives: boolean;
  /** Whether a nanosleep that a signal interrupted goes on sleeping afterwards. */
  readonly nanosleepResumes: boolean;
  /** Whether RIP is at the int3 (rather than after it) when a tracer is told of one. */
  readonly stopsAtInt3: boolean;
}

/** 2019-08-15, ab1a12ad: RFC 0004 complete. */
export const P7: KernelProfile = {
  name: 'P7',
  framesInFaults: false,
  trapFlagSurvives: false,
  nanosleepResumes: false,
  stopsAtInt3: false,
};
