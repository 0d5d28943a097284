// A tracer on Linux beside the same tracer on C libraries and kernels of the machine.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loaderOf, moves } from '../image.js';
import { type Alignment, align } from './align.js';
import { type Explanation, explain } from './explain.js';
import { committedRecording, recordNatively, whyNotNative } from './native.js';
import type { Recording } from './recording.js';
import { recordOnMachine } from './simulated.js';

/** A run on the machine, line by line beside Linux's. */
export interface ComparedRun {
  readonly recording: Recording;
  readonly alignment: Alignment;
  /** Of each row of the alignment: why it is not the same, where that is known. */
  readonly explanations: readonly (Explanation | undefined)[];
}

export interface Comparison {
  readonly linux: Recording;
  /** Why Linux's run is not of this host but a committed recording; undefined where it is. */
  readonly recorded: string | undefined;
  readonly runs: readonly ComparedRun[];
}

export interface CompareOptions {
  /** Names of profiles. */
  readonly profiles: readonly string[];
  /** Another kernel than theirs. */
  readonly kernel?: string;
  readonly directory?: string;
  /** Told of each run before it begins. */
  readonly progress?: (what: string) => void;
}

/** Neither can the host run it, nor was it recorded elsewhere. */
export class NoRecording extends Error {}

/**
 * Runs a tracer natively and under each profile. A file NAME-redox.elf beside NAME.elf is its port,
 * which takes its numbers from Redox's headers: that is what runs on the machine then.
 */
export function compareProgram(
  path: string,
  args: readonly string[],
  { profiles, kernel, directory = process.cwd(), progress = () => {} }: CompareOptions,
): Comparison {
  const why = whyNotNative();
  progress('linux');
  const linux =
    why === undefined ? recordNatively(path, args, directory) : committedRecording(path);
  if (linux === undefined) {
    throw new NoRecording(`${why}; and no recording of ${path} on Linux is at hand`);
  }
  const port = path.replace(/\.elf$/, '-redox.elf');
  const ported = port !== path && existsSync(resolve(directory, port)) ? port : path;
  const image = readFileSync(resolve(directory, ported));
  const runs = profiles.map((profile) => {
    progress(profile);
    const recording = recordOnMachine(ported, args, {
      profile,
      directory,
      moves: moves(image),
      dynamic: loaderOf(image) !== undefined,
      ...(kernel !== undefined && { kernel }),
    });
    const alignment = align(linux, recording);
    return { recording, alignment, explanations: explain(alignment, recording) };
  });
  return { linux, recorded: why, runs };
}
