// General registers in the processor's numbering, by which UserRegisters has them.
export const RAX = 0;
export const RDX = 2;
export const RSP = 4;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
