// `relibc-ptrace compare`: a tracer on Linux and on the machine, side by side.
import { writeFileSync } from 'node:fs';
import { kernelProfile } from '../../kernel-sim/index.js';
import {
  type CompareOptions,
  type Comparison,
  compareProgram,
  NoRecording,
} from '../compare/comparison.js';
import { renderHtml } from '../compare/html.js';
import { renderText } from '../compare/text.js';
import { Errno } from '../errno.js';
import { PROFILES } from '../profiles.js';
import { asAsked, type Checked, checkProgram, whyNotStarted } from './checks.js';
import { put } from './output.js';
import { NAME, Refusal, STATUS_MACHINE, STATUS_USAGE } from './refusal.js';

/** Columns where there is no terminal to fill. */
const WIDTH = 100;

export interface CompareCommandOptions {
  readonly profiles?: string;
  readonly kernel?: string;
  readonly json?: boolean;
  readonly html?: string;
}

/** Returns the status to exit with. */
export function compare(
  path: string,
  args: readonly string[],
  options: CompareCommandOptions,
): number {
  const { kernel, json, html } = options;
  if (kernel !== undefined) asAsked(() => kernelProfile(kernel));
  const checked = checkProgram(path, path);
  const comparison = compared(checked, args, {
    profiles: profilesOf(options.profiles),
    progress: (what) => {
      if (process.stderr.isTTY) put('stderr', `${NAME}: ${path} on ${what}\n`);
    },
    ...(kernel !== undefined && { kernel }),
  });
  if (html !== undefined) writePage(html, renderHtml(comparison));
  if (json) put('stdout', `${JSON.stringify(comparison, null, 2)}\n`);
  else if (html === undefined) {
    put('stdout', renderText(comparison, { width: process.stdout.columns ?? WIDTH }));
  }
  return 0;
}

function compared(checked: Checked, args: readonly string[], options: CompareOptions): Comparison {
  try {
    return compareProgram(checked.path, args, options);
  } catch (error) {
    if (error instanceof NoRecording) throw new Refusal(error.message, STATUS_MACHINE);
    throw error instanceof Errno ? whyNotStarted(checked, error) : error;
  }
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/, open '.*'$/, '') : `${error}`;
    throw new Refusal(`${file} cannot be written: ${reason}`, STATUS_USAGE);
  }
}

function profilesOf(list: string | undefined): string[] {
  const linked = PROFILES.filter(({ library }) => library !== undefined).map(({ name }) => name);
  if (list === undefined) return linked;
  const chosen = list.split(',');
  for (const name of chosen) {
    if (linked.includes(name)) continue;
    const message = `no C library's profile is called '${name}'; there are ${linked.join(', ')}`;
    throw new Refusal(message, STATUS_USAGE);
  }
  return chosen;
}
