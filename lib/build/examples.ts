// `npm run examples:build`: compiles the C programs and records what they were made from, so that a
// test can tell a binary that no longer matches its source even where there is no compiler.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILER, compileArguments, FLAGS, PROGRAMS, type Program } from './programs.js';

/** The record, `examples/programs.json`. */
export interface Manifest {
  /** Compiler and C library that made the binaries; other ones may well make other bytes. */
  readonly toolchain: string;
  readonly programs: Readonly<Record<string, { readonly recipe: string; readonly sha256: string }>>;
}

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
export const MANIFEST = 'examples/programs.json';

const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Fingerprint of everything in the repository that decides the binary: sources, flags, defines. */
export function recipeOf(program: Program): string {
  return sha256([COMPILER, ...FLAGS, ...program.defines].join(' '), ...sourcesOf(program.source));
}

/** A source, and the headers of its directory that it includes. */
function sourcesOf(path: string): Buffer[] {
  const source = readFileSync(REPOSITORY + path);
  const included = source.toString().matchAll(/^#include "([^"]+)"/gm);
  const headers = [...included].map(([, name = '']) => `${dirname(path)}/${name}`);
  return [source, ...headers.flatMap(sourcesOf)];
}

export function hashOfFile(path: string): string {
  return sha256(readFileSync(path));
}

/** Names the compiler and the C library present, or undefined where there is none. */
export function toolchain(compiler: string = COMPILER): string | undefined {
  const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) return undefined;
  const library = spawnSync(compiler, ['-print-file-name=libc.a'], { encoding: 'utf8' });
  const fingerprint = hashOfFile(library.stdout.trim()).slice(0, 16);
  return `${compiler}: ${version.stdout.split('\n', 1)[0]}, libc.a ${fingerprint}`;
}

/** Compiles one program; throws with the compiler's own words. */
export function compile(program: Program, output: string, compiler: string = COMPILER): void {
  const { status, stderr, error } = spawnSync(compiler, compileArguments(program, output), {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${compiler} ${program.source}: ${stderr}`);
  if (stderr) process.stderr.write(stderr);
}

function buildAll(): void {
  const made = toolchain();
  if (made === undefined) {
    process.stderr.write(`examples:build needs ${COMPILER} (Debian: apt-get install musl-tools)\n`);
    process.exitCode = 1;
    return;
  }
  const programs: Record<string, { recipe: string; sha256: string }> = {};
  for (const program of PROGRAMS) {
    compile(program, REPOSITORY + program.output);
    programs[program.output] = {
      recipe: recipeOf(program),
      sha256: hashOfFile(REPOSITORY + program.output),
    };
    process.stdout.write(`${program.output}\n`);
  }
  const manifest: Manifest = { toolchain: made, programs };
  writeFileSync(REPOSITORY + MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildAll();
