// The programs that the CPU is measured by, and how they are made: statically, with the host's
// compiler and C library, when the bench runs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, toolchain } from '../build/examples.js';
import { LINUX, type Recipe } from '../build/programs.js';
import { KERNELS } from './measure.js';

export interface BenchProgram {
  readonly name: string;
  /** Some seconds under qemu-x86_64. */
  readonly size: number;
  /** One or two seconds for the interpreter. */
  readonly interpSize: number;
  /** A fraction of a second everywhere. */
  readonly quickSize: number;
  /** It calculates with floating point most of the time. */
  readonly floats?: boolean;
  /** One of the kernels of programs/kernels.c; else it has a source of its own. */
  readonly isKernel?: boolean;
}

interface Suite {
  readonly [name: string]: Omit<BenchProgram, 'name'>;
}

const PROGRAMS: Suite = {
  registers: { size: 2.4e9, interpSize: 4e7, quickSize: 1e7, isKernel: true },
  memory: { size: 1.2e9, interpSize: 2e7, quickSize: 5e6, isKernel: true },
  integers: { size: 2.4e8, interpSize: 5e6, quickSize: 1e6 },
  sort: { size: 5e6, interpSize: 3e5, quickSize: 6e4, isKernel: true },
  sieve: { size: 1.6e8, interpSize: 1e7, quickSize: 2e6, isKernel: true },
  calls: { size: 900, interpSize: 25, quickSize: 5 },
  sha256: { size: 1e6, interpSize: 4e4, quickSize: 8000 },
  bytecode: { size: 2.4e5, interpSize: 9000, quickSize: 2000 },
  text: { size: 1e6, interpSize: 4e4, quickSize: 8000, isKernel: true },
  compress: { size: 4800, interpSize: 120, quickSize: 25 },
  hash: { size: 1.5e7, interpSize: 4e5, quickSize: 8e4 },
  matrix: { size: 520, interpSize: 250, quickSize: 150, isKernel: true, floats: true },
  nbody: { size: 1.6e6, interpSize: 2e5, quickSize: 5e4, floats: true },
  mandelbrot: { size: 1100, interpSize: 350, quickSize: 150, floats: true },
};

export const SUITE: readonly BenchProgram[] = Object.entries(PROGRAMS).map(([name, program]) => ({
  name,
  ...program,
}));

/** glibc's programs are what the other machines are measured with. */
export const NATIVE: Recipe = { ...LINUX, compiler: 'gcc' };

/** Builds programs into a directory of their own, and takes that away. */
export class Workshop {
  readonly #directory = mkdtempSync(join(tmpdir(), 'relibc-ptrace-bench-'));
  readonly #canBuild =
    process.platform === 'linux' && process.arch === 'x64' && toolchain(NATIVE) !== undefined;

  /** How to call a program: its file and what comes before the size. Undefined without a compiler. */
  make({ name, isKernel = false }: BenchProgram): readonly [string, ...string[]] | undefined {
    const before = isKernel ? [name] : [];
    if (!this.#canBuild) return isKernel ? [KERNELS, ...before] : undefined;
    const source = `lib/bench/programs/${isKernel ? 'kernels' : name}.c`;
    const output = join(this.#directory, name);
    compile({ source, output, defines: [], recipe: NATIVE }, output);
    return [output, ...before];
  }

  remark(): string[] {
    return this.#canBuild
      ? []
      : [`no ${NATIVE.compiler} for x86_64 Linux: only what is committed was run, built with musl`];
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}
