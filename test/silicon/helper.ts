// Builds the C helpers of this directory with gcc, once per change of their source.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCES = new URL('../../../test/silicon/', import.meta.url);

const HEADERS = readdirSync(SOURCES).filter((name) => name.endsWith('.h'));

/** Whether a build is no older than its source and all headers. */
function isCurrent(path: string, source: string): boolean {
  if (!existsSync(path)) return false;
  const { mtimeMs } = statSync(path);
  return [source, ...HEADERS].every((name) => mtimeMs >= statSync(new URL(name, SOURCES)).mtimeMs);
}

/**
 * Compiles a source of this directory; gives the path of the executable.
 * @throws when the compiler is missing or refuses it
 */
export function build(
  source: string,
  compiler = 'gcc',
  flags: readonly string[] = ['-O2'],
  suffix: string = compiler,
): string {
  const from = fileURLToPath(new URL(source, SOURCES));
  const name = `${source.replace(/.*\//, '').replace(/\.[cS]$/, '')}-${suffix}`;
  const to = fileURLToPath(new URL(name, import.meta.url));
  if (!isCurrent(to, source)) {
    const fresh = `${to}.${process.pid}`;
    execFileSync(compiler, [...flags, '-o', fresh, from], { stdio: 'pipe' });
    renameSync(fresh, to);
  }
  return to;
}

/** For stepper.c: with restartable sequences the kernel would write to memory that it unmaps. */
export const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  GLIBC_TUNABLES: 'glibc.pthread.rseq=0',
});

/** The reason why the host's processor cannot be compared with, if there is one. */
export function whyUnavailable(): string | undefined {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'the host is no x86_64 Linux';
  try {
    execFileSync(build('stepper.c'), { env: environment(), input: '', stdio: 'pipe' });
  } catch (error) {
    return `gcc or ptrace is missing: ${error instanceof Error ? error.message : String(error)}`;
  }
  return undefined;
}

/** Skips the tests of a `describe` on a host whose processor cannot be compared with. */
export function needSilicon(): void {
  before(function () {
    const reason = whyUnavailable();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
}
