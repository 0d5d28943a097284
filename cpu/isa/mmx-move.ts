// Moves of MMX registers. Intel SDM vol. 2, "MOVD/MOVQ", "MASKMOVQ" and the like.
import { enterMmx, mmx } from './mmx.js';
import type { Operand, Semantics, Width } from './semantics.js';
import { storeMasked } from './sse-move.js';

const copy = (s: Semantics, to: Operand, from: Operand): void => {
  s.writeVector(to, s.readVector(from));
};

mmx('movq', ['mm,mmm64', 'm64,mm'], copy);
mmx('movntq', 'm64,mm', copy);
mmx('movd', ['mm,m32', 'm32,mm'], copy);
mmx('movdq2q', 'mm,x', copy);
mmx('movq2dq', 'x,mm', copy);

mmx('movd', 'mm,r32', (s, to, from) => s.write(to, s.zeroExtend(s.read(from), 64)));
mmx('movq', 'mm,r64', (s, to, from) => s.write(to, s.read(from)));
mmx('movd', 'r32,mm', (s, to, from) => s.write(to, s.truncate(s.read(from), 32)));
mmx('movq', 'r64,mm', (s, to, from) => s.write(to, s.read(from)));

mmx('pmovmskb', ['r32,mm', 'r64,mm'], (s, to, from) => {
  const mask = s.vectorTest('i8x16.bitmask', s.readVector(from));
  s.write(to, s.zeroExtend(mask, to.bits as Width));
});

mmx('maskmovq', 'm0,mm,mm', (s, to, data, mask) => {
  enterMmx(s);
  storeMasked(s, [s.address(to)], s.readVector(data), s.readVector(mask));
});
