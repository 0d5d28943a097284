// `npm run examples:build`: compiles the C programs and records what they were made from, so that a
// test can tell a binary that no longer matches its source even where there is no compiler.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileArguments, PROGRAMS, type Program, type Recipe } from './programs.js';

/** The record, `examples/programs.json`. */
export interface Manifest {
  /** By compiler, what made the binaries; another version may well make other bytes. */
  readonly toolchains: Readonly<Record<string, string>>;
  readonly programs: Readonly<Record<string, { readonly recipe: string; readonly sha256: string }>>;
}

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
export const MANIFEST = 'examples/programs.json';

const sha256 = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** A source and the headers of this repository that it includes, each once. */
function filesOf(source: string, found = new Set<string>()): Set<string> {
  if (found.has(source)) return found;
  found.add(source);
  const text = readFileSync(REPOSITORY + source, 'utf8');
  for (const [, header = ''] of text.matchAll(/^#include "(.+)"$/gm)) {
    filesOf(join(dirname(source), header), found);
  }
  return found;
}

/** Fingerprint of everything in the repository that decides the binary: sources, flags, defines. */
export function recipeOf({ source, defines, recipe }: Program): string {
  const command = [recipe.compiler, ...recipe.flags, ...defines].join(' ');
  return sha256(command, ...[...filesOf(source)].map((file) => readFileSync(REPOSITORY + file)));
}

export function hashOfFile(path: string): string {
  return sha256(readFileSync(path));
}

function versionOf(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n', 1)[0] : undefined;
}

/** Names compiler, linker and C library present, or undefined where there is no compiler. */
export function toolchain({ compiler, libraries }: Recipe): string | undefined {
  const version = versionOf(compiler);
  if (version === undefined) return undefined;
  if (libraries.length === 0) return `${version}, ${versionOf('ld')}`;
  const library = spawnSync(compiler, ['-print-file-name=libc.a'], { encoding: 'utf8' });
  const fingerprint = hashOfFile(library.stdout.trim()).slice(0, 16);
  return `${version}, libc.a ${fingerprint}`;
}

/** Compiles one program; throws with the compiler's own words. */
export function compile(program: Program, output: string): void {
  const { compiler } = program.recipe;
  const { status, stderr, error } = spawnSync(compiler, compileArguments(program, output), {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${compiler} ${program.source}: ${stderr}`);
  if (stderr) process.stderr.write(stderr);
}

function buildAll(): void {
  const toolchains: Record<string, string> = {};
  const programs: Record<string, { recipe: string; sha256: string }> = {};
  for (const program of PROGRAMS) {
    const { compiler } = program.recipe;
    const made = toolchains[compiler] ?? toolchain(program.recipe);
    if (made === undefined) {
      process.stderr.write(`examples:build needs ${compiler} (Debian: gcc, musl-tools)\n`);
      process.exitCode = 1;
      return;
    }
    toolchains[compiler] = made;
    compile(program, REPOSITORY + program.output);
    programs[program.output] = {
      recipe: recipeOf(program),
      sha256: hashOfFile(REPOSITORY + program.output),
    };
    process.stdout.write(`${program.output}\n`);
  }
  const manifest: Manifest = { toolchains, programs };
  writeFileSync(REPOSITORY + MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildAll();
