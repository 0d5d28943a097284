// Which kernel a machine has: a revision, and faults it was given or spared.
import { type FaultOverrides, type Faults, faultsOf } from './faults.js';
import { type Behaviour, FIRST, REVISIONS, type Revision, type RevisionName } from './revisions.js';

export interface KernelProfile extends Behaviour {
  readonly name: RevisionName;
  /** Year, month, day. */
  readonly date: string;
  /** Of the kernel's repository. */
  readonly commit: string;
  /** One line. */
  readonly description: string;
  readonly faults: Faults;
}

const NAMES: readonly RevisionName[] = REVISIONS.map(({ name }) => name);

function profiles(): KernelProfile[] {
  let behaviour = FIRST;
  return REVISIONS.map(
    ({ name, date, commit, description, changes }: (typeof REVISIONS)[number], place) => {
      behaviour = { ...behaviour, ...(changes satisfies Revision['changes']) };
      return { ...behaviour, name, date, commit, description, faults: faultsOf(place, NAMES) };
    },
  );
}

/** Every kernel there is, in order of time. */
export const KERNEL_PROFILES: readonly KernelProfile[] = profiles();

/**
 * The kernel of a revision, with faults that differ from the revision's own.
 * @throws RangeError when no revision has that name
 */
export function kernelProfile(name: string, overrides: FaultOverrides = {}): KernelProfile {
  const found = KERNEL_PROFILES.find((profile) => profile.name === name);
  if (found === undefined) {
    throw new RangeError(`no kernel is called ${name}; there are ${NAMES.join(', ')}`);
  }
  return { ...found, faults: { ...found.faults, ...overrides } };
}

/** 2019-08-15, ab1a12ad: RFC 0004 complete. */
export const P7: KernelProfile = kernelProfile('P7');
