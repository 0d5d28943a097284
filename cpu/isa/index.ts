// The instruction set: importing this fills the table of cpu/isa/registry.ts.
import './arithmetic.js';
import './bit.js';
import './control.js';
import './mmx.js';
import './move.js';
import './multiply.js';
import './shift.js';
import './sse-convert.js';
import './sse-float.js';
import './sse-integer.js';
import './sse-move.js';
import './sse-shuffle.js';
import './string.js';
import './x87.js';
