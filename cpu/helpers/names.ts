// What takes a page of TypeScript rather than a few WebAssembly instructions: helpers that both
// engines import, by name, with the number of their 32-bit operands. Each gives a 32-bit result.

export const HELPERS: Readonly<Record<string, number>> = {
  /** Divides RDX:RAX by the 64-bit word at SCRATCH. */
  divide128: 0,
  divide128Signed: 0,
  /** CPUID of the leaf in EAX, sub-leaf in ECX. */
  cpuid: 0,
  /** Selector of a segment register, by number. */
  selector: 1,
};
