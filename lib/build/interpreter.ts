// Builds the interpreter's module beforehand, so that starting a machine does not have to.
import { writeFileSync } from 'node:fs';
import { generateInterpreter } from '../../cpu/index.js';

writeFileSync(new URL('../../cpu/interpreter.wasm', import.meta.url), generateInterpreter());
