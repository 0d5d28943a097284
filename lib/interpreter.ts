// The interpreter that the build made. This file lies as deep as the bundled command, so that the
// path is right in both.
import { readFileSync } from 'node:fs';

const INTERPRETER = new URL('../cpu/interpreter.wasm', import.meta.url);
let interpreter: Uint8Array<ArrayBuffer> | undefined;

/** The interpreter's module: the same bytes for every machine, so that they are compiled once. */
export function interpreterModule(): Uint8Array<ArrayBuffer> {
  interpreter ??= new Uint8Array(readFileSync(INTERPRETER));
  return interpreter;
}
