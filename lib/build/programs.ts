// The C programs of this repository: which source becomes which ELF file, and by what command. The
// one place to look when a committed binary has to be made again.

/** How programs of one kind are compiled. */
export interface Recipe {
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly libraries: readonly string[];
}

/** A static ELF file, committed next to its source. */
export interface Program {
  /** Paths relative to the repository. */
  readonly source: string;
  readonly output: string;
  /** What distinguishes this build of the source from its others. */
  readonly defines: readonly string[];
  readonly recipe: Recipe;
}

const COMMON = ['-O2', '-static', '-s', '-Wall', '-Wextra', '-Wl,--build-id=none'];

/** Linux programs. Small and reproducible: a musl program is 30 KiB where a glibc one is 700 KiB. */
export const LINUX: Recipe = { compiler: 'musl-gcc', flags: COMMON, libraries: ['-lm'] };

/** Programs for Redox's own system calls, without any library. */
export const REDOX: Recipe = {
  compiler: 'gcc',
  flags: [
    ...COMMON,
    '-nostdlib',
    '-ffreestanding',
    '-fno-pie',
    '-no-pie',
    '-fno-stack-protector',
    '-fno-tree-loop-distribute-patterns',
    '-fcf-protection=none',
    '-fno-asynchronous-unwind-tables',
    '-Wl,-z,noseparate-code',
    '-Wl,-z,noexecstack',
  ],
  libraries: [],
};

function program(directory: string, name: string, source = name, ...defines: string[]): Program {
  return {
    source: `${directory}/${source}.c`,
    output: `${directory}/${name}.elf`,
    defines,
    recipe: LINUX,
  };
}

function redox(directory: string, name: string): Program {
  return { ...program(directory, name), recipe: REDOX };
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
  'memory-reader',
  'other-thread',
  'poller',
  'register-dumper',
  'sandbox',
  'signal-injector',
  'step-counter',
  'syscall-logger',
  'syscall-rewriter',
  'two-tracees',
  'watchdog',
];
const PORTED_TRACERS = ['sandbox', 'syscall-logger', 'syscall-rewriter'];

export const PROGRAMS: readonly Program[] = [
  program('examples', 'first-light', 'first-light', '-D__redox__'),
  program('examples', 'traceme'),
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
  program('test/programs', 'limits'),
  program('lib/native', 'recorder'),
  program('lib/native', 'tracer-server'),
  program('lib/bench/programs', 'kernels'),
  program('lib/bench/programs', 'stops'),
  program('lib/bench/programs', 'processes'),
  redox('examples/redox', 'strace'),
  redox('examples/redox', 'registers'),
  redox('examples/redox', 'peek'),
  redox('examples/redox', 'beside'),
  redox('examples/redox', 'family'),
  redox('examples/redox', 'threads'),
  redox('examples/redox', 'pipes'),
  redox('examples/redox', 'signals'),
  redox('examples/redox', 'blocked'),
  redox('test/conformance', 'rfc-trace'),
  redox('test/conformance', 'rfc-stops'),
  redox('test/conformance', 'rfc-events'),
  redox('test/conformance', 'rfc-files'),
  redox('test/conformance', 'acid'),
];

/** Arguments for the compiler, the output last. */
export function compileArguments(program: Program, output: string): string[] {
  const { flags, libraries } = program.recipe;
  return [...flags, ...program.defines, program.source, ...libraries, '-o', output];
}
