// The C programs of this repository: which source becomes which ELF file, and by what command. The
// one place to look when a committed binary has to be made again.

/** A static ELF file, committed next to its source. */
export interface Program {
  /** Paths relative to the repository. */
  readonly source: string;
  readonly output: string;
  /** What distinguishes this build of the source from its others. */
  readonly defines: readonly string[];
}

/** Static, small and reproducible: a musl program is 30 KiB where a glibc one is 700 KiB. */
export const COMPILER = 'musl-gcc';
export const FLAGS = ['-O2', '-static', '-s', '-Wall', '-Wextra', '-Wl,--build-id=none'] as const;

function program(directory: string, name: string, source = name, ...defines: string[]): Program {
  return { source: `${directory}/${source}.c`, output: `${directory}/${name}.elf`, defines };
}

/** Tracers for Linux; those that look at numbers of system calls are built for a port as well. */
const TRACERS = [
  'attach',
  'breakpoints',
  'exec-tracer',
  'exit-interceptor',
  'fault-catcher',
  'fork-follower',
  'memory-patcher',
  'poller',
  'register-dumper',
  'sandbox',
  'signal-injector',
  'step-counter',
  'syscall-logger',
  'syscall-rewriter',
  'two-tracees',
];
const PORTED_TRACERS = ['sandbox', 'syscall-logger', 'syscall-rewriter'];

export const PROGRAMS: readonly Program[] = [
  program('examples', 'first-light', 'first-light', '-D__redox__'),
  program('examples', 'first-light-hasty', 'first-light', '-D__redox__', '-DCHILD_DELAY=0'),
  program('examples', 'first-light-child', 'first-light', '-D__redox__', '-DCHILD_ALONE'),
  ...TRACERS.map((name) => program('examples/tracers', name)),
  ...PORTED_TRACERS.map((name) =>
    program('examples/tracers', `${name}-redox`, name, '-D__redox__'),
  ),
  program('test/programs', 'workout'),
  program('test/programs', 'processes'),
  program('test/programs', 'tool'),
  program('test/programs', 'steps'),
  program('lib/bench/programs', 'kernels'),
  program('lib/bench/programs', 'stops'),
];

/** Arguments for the compiler, the output last. */
export function compileArguments(program: Program, output: string): string[] {
  return [...FLAGS, ...program.defines, program.source, '-lm', '-o', output];
}
