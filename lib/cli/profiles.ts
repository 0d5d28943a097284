// `relibc-ptrace profiles`.
import { KERNEL_PROFILES } from '../../kernel-sim/index.js';
import { DEFAULT_PROFILE, PROFILES } from '../profiles.js';

export function listProfiles(): string {
  const profiles = PROFILES.map(({ name, description }) => {
    const note = name === DEFAULT_PROFILE ? ' (default)' : '';
    return `${name.padEnd(20)}${description}${note}\n`;
  }).join('');
  const kernels = KERNEL_PROFILES.map(
    ({ name, date, commit, description }) => `${name.padEnd(5)}${date} ${commit} ${description}\n`,
  ).join('');
  return `${profiles}\nkernels, for --kernel:\n${kernels}`;
}
