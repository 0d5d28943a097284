// The Redox programs of examples/redox, run on a machine of their own each.
import { Machine, type MachineOptions, RecordedStreams } from '../../lib/index.js';
import { repository } from '../lib/support.js';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, or 128 and the signal that ended it. */
  readonly status: number;
}

/** `NAME ARG...`, with names of programs for arguments that begin with `=`. */
export function run(command: string, options: MachineOptions = {}): Outcome {
  const [name = '', ...args] = command.split(' ').map((word) => word.replace(/^=(.*)$/, fileOf));
  const host = new RecordedStreams();
  const machine = new Machine({ profile: 'redox', directory: repository, host, ...options });
  const status = machine.run(machine.start(fileOf('', name), { args }));
  return {
    stdout: host.stdout,
    stderr: host.stderr,
    status: (status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f),
  };
}

export function fileOf(_: string, name: string): string {
  return `examples/redox/${name}.elf`;
}
