// A system call as the `syscall` instruction makes it, for programs that have no instructions.
import {
  R8,
  R10,
  R11,
  RAX,
  RCX,
  RDI,
  RDX,
  type Registers,
  RFLAGS,
  RIP,
  RSI,
} from '../../cpu/index.js';
import type { SystemCall } from '../abi/index.js';

export function setCall(registers: Registers, call: SystemCall): void {
  registers.setNumber(RAX, call.number);
  setArgument(registers, RDI, call.a);
  setArgument(registers, RSI, call.b);
  setArgument(registers, RDX, call.c);
  setArgument(registers, R10, call.d);
  setArgument(registers, R8, call.e);
  registers.copy(RIP, RCX);
  registers.copy(RFLAGS, R11);
}

/** The same, of arguments in a row: objects of many shapes take longer to read than the call takes. */
export function setDirectCall(
  registers: Registers,
  number: number,
  a: number,
  b: number,
  c: number | undefined,
): void {
  registers.setNumber(RAX, number);
  registers.setNumber(RDI, a);
  registers.setNumber(RSI, b);
  if (c !== undefined) registers.setNumber(RDX, c);
  registers.copy(RIP, RCX);
  registers.copy(RFLAGS, R11);
}

/** An argument the call does not have leaves its register alone. */
function setArgument(
  registers: Registers,
  index: number,
  value: number | bigint | undefined,
): void {
  if (typeof value === 'number') registers.setNumber(index, value);
  else if (value !== undefined) registers.set(index, value);
}
