// `relibc-ptrace profiles`.
import { DEFAULT_PROFILE, PROFILES } from '../profiles.js';

export function listProfiles(): string {
  return PROFILES.map(({ name, description }) => {
    const note = name === DEFAULT_PROFILE ? ' (default)' : '';
    return `${name.padEnd(20)}${description}${note}\n`;
  }).join('');
}
