// Calls that stay inside a region: the blocks of a short function become blocks of the region, once for
// each call, and its returns first look whether they come back to that call. Return addresses are on
// the guest's stack as ever, so whatever else a return finds there is obeyed.
import { type InstructionSource, type RegionInstruction, roleOf } from './region.js';

/** Instructions of a function that is taken into the regions of those who call it. */
const MOST_INSTRUCTIONS = 40;

const isReturn = (key: string): boolean => key.startsWith('ret');

/** Where control may go next within a function; calls are passed over. */
function successors(
  { address, length, record, form }: RegionInstruction,
  source: Pick<InstructionSource, 'target' | 'mayBeTaken' | 'mayFallThrough'>,
): readonly number[] {
  const next = address + length;
  switch (roleOf(form.key)) {
    case 'branch':
      return [
        ...(source.mayFallThrough(record) ? [next] : []),
        ...(source.mayBeTaken(record) ? [source.target(record)] : []),
      ];
    case 'jump':
      return [source.target(record)];
    case 'indirect':
      return [];
    default:
      return [next];
  }
}

/** Is the function at an address a short one that calls nothing, but perhaps itself? */
export function isSmall(entry: number, source: InstructionSource): boolean {
  const seen = new Set<number>();
  const work = [entry];
  let returns = false;
  for (let address = work.pop(); address !== undefined; address = work.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    const instruction = source.at(address);
    if (instruction === undefined || seen.size > MOST_INSTRUCTIONS) return false;
    const { key } = instruction.form;
    const role = roleOf(key);
    if (role === 'indirect call') return false;
    if (role === 'call' && source.target(instruction.record) !== entry) return false;
    if (role === 'indirect') {
      if (!isReturn(key)) return false;
      returns = true;
    }
    work.push(...successors(instruction, source));
  }
  return returns;
}
