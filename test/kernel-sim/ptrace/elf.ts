// The smallest programs, which the reproductions of problems use, too.
export { CODE, DATA, elf } from '../../../lib/problems/elf.js';
