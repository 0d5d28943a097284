// The command line. Commands are loaded when they are called, so that a run starts quickly.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../version.js';
import type { CompareCommandOptions } from './compare.js';
import { put } from './output.js';
import type { ProblemsOptions } from './problems.js';
import { NAME, Refusal, report, STATUS_USAGE } from './refusal.js';
import type { RunOptions } from './run.js';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 2^53 - 1.');
  }
  return value;
}

function environmentEntry(text: string, entries: readonly string[] = []): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('It must look like NAME=VALUE.');
  return [...entries, text];
}

/** An option that may be given several times. */
function collected(text: string, others: readonly string[] = []): string[] {
  return [...others, text];
}

function commandLine(): Command {
  const program = new Command(NAME)
    .description('Runs Linux programs, ptrace included, on a simulated Redox')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError(false);

  program
    .command('run')
    .description('run an x86_64 ELF program; exits as it does, 128 + n after signal n')
    .argument('<program>', 'its file')
    .argument('[arguments...]', 'what it gets; options from here on are its own')
    .option('--profile <name>', 'C library and kernel to run on (see: profiles)')
    .option('--kernel <name>', "another kernel than the profile's, such as P7 (see: profiles)")
    .addOption(
      new Option('--fault <id>', 'a fault that the kernel shall have, or not: KP-31=off').argParser(
        collected,
      ),
    )
    .addOption(
      new Option(
        '--traceme <answer>',
        "another answer to PTRACE_TRACEME than the library's",
      ).choices(['nothing', 'marker', 'shared-memory', 'daemon']),
    )
    .option('--root <directory>', 'the root directory the program sees; the host is never written')
    .addOption(
      new Option('--env <name=value>', 'an environment variable; the only ones it sees').argParser(
        environmentEntry,
      ),
    )
    .option('--seed <number>', 'seed of all randomness', wholeNumber)
    .option(
      '--cpus <number>',
      'CPUs of the kernel; from 2020-04 on it may have several',
      wholeNumber,
    )
    .addOption(
      new Option('--scheduler <name>', 'who runs next; random: by the seed').choices([
        'round-robin',
        'random',
      ]),
    )
    .addOption(
      new Option(
        '--engine <name>',
        'how instructions are executed; the outcome is the same',
      ).choices(['auto', 'interp', 'translate']),
    )
    .addOption(
      new Option('--stats [format]', 'say on stderr at the end what the machine did').choices([
        'json',
        'text',
      ]),
    )
    .passThroughOptions()
    .action(async (path: string, args: string[], options: RunOptions) => {
      const { run } = await import('./run.js');
      process.exitCode = run(path, args, options);
    });

  program
    .command('profiles')
    .description('list the C libraries and kernels a program can run on')
    .action(async () => {
      const { listProfiles } = await import('./profiles.js');
      put('stdout', listProfiles());
    });

  program
    .command('compare')
    .description('run a tracer on Linux and on the machine: what comes out differently, and why')
    .argument(
      '<program>',
      'its file; a port NAME-redox.elf beside NAME.elf is what the machine runs',
    )
    .argument('[arguments...]', 'what it gets; options from here on are its own')
    .option('--profiles <names>', 'only these, separated by commas; all of relibc unless said')
    .option('--kernel <name>', "another kernel than the profiles' (see: profiles)")
    .option('--json', 'print everything as JSON')
    .option('--html <file>', 'write a page with a timeline of each process')
    .passThroughOptions()
    .action(async (path: string, args: string[], options: CompareCommandOptions) => {
      const { compare } = await import('./compare.js');
      process.exitCode = compare(path, args, options);
    });

  program
    .command('traceme')
    .description('compare four ways to build PTRACE_TRACEME on Redox with what Linux promises')
    .option('--json', 'print the table as JSON')
    .action(async (options: { json?: boolean }) => {
      const { traceme } = await import('./traceme.js');
      put('stdout', traceme(options));
    });

  program
    .command('problems')
    .description('list the known problems of tracing on Redox, or reproduce some of them')
    .argument('[ids...]', 'the ones to reproduce, on revisions with and without them')
    .option('--all', 'reproduce every one')
    .option('--json', 'print JSON')
    .action(async (ids: string[], options: ProblemsOptions) => {
      const { problems } = await import('./problems.js');
      process.exitCode = problems(ids, options);
    });

  return program;
}

/**
 * `--stats PROGRAM`: a format is only what follows `=`, which Commander has no way to say, so the
 * format is spelt out before the program.
 */
function withFormat(program: Command, argv: readonly string[]): string[] {
  const options = program.commands.find((command) => command.name() === argv[2])?.options ?? [];
  const takesNext = new Set(options.filter(({ required }) => required).map(({ long }) => long));
  const args = [...argv];
  for (let i = 3; args[i]?.startsWith('-'); i++) {
    if (args[i] === '--stats') args[i] = '--stats=text';
    else if (takesNext.has(args[i])) i++;
  }
  return args;
}

function everyCommand(program: Command): Command[] {
  return [program, ...program.commands];
}

/** Commander lets --help pass for any command. */
function checkCommand(program: Command, name: string): void {
  if (name.startsWith('-') || program.commands.some((command) => command.name() === name)) return;
  throw new Refusal(`unknown command '${name}'; see --help`, STATUS_USAGE);
}

async function main(): Promise<void> {
  const program = commandLine();
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => put('stdout', text),
      writeErr: (text) => put('stderr', text),
      outputError: (text, write) => write(`${NAME}: ${text.replace(/^error: /, '')}`),
    });
  }
  if (process.argv.length <= 2) {
    program.outputHelp({ error: true });
    process.exitCode = STATUS_USAGE;
    return;
  }
  try {
    checkCommand(program, process.argv[2]);
    await program.parseAsync(withFormat(program, process.argv));
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode && STATUS_USAGE;
    else process.exitCode = report(error);
  }
}

main();
