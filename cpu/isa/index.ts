// The instruction set: importing this fills the table of cpu/isa/registry.ts.
import './arithmetic.js';
import './bit.js';
import './control.js';
import './move.js';
import './multiply.js';
import './shift.js';
import './string.js';
