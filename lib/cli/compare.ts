// `relibc-ptrace compare`: a tracer on Linux and on the machine, side by side.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { KERNEL_PROFILES } from '../../kernel-sim/index.js';
import { compareProgram, NoRecording } from '../compare/comparison.js';
import { renderHtml } from '../compare/html.js';
import { renderText } from '../compare/text.js';
import { whyNotProgram } from '../image.js';
import { PROFILES, profileNamed } from '../profiles.js';
import { put } from './output.js';
import {
  NAME,
  Refusal,
  STATUS_MACHINE,
  STATUS_NOT_EXECUTABLE,
  STATUS_NOT_FOUND,
  STATUS_USAGE,
} from './refusal.js';

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
  if (kernel !== undefined && !KERNEL_PROFILES.some(({ name }) => name === kernel)) {
    const names = KERNEL_PROFILES.map(({ name }) => name).join(', ');
    throw new Refusal(`no kernel is called ${kernel}; there are ${names}`, STATUS_USAGE);
  }
  checkProgram(path);
  const profiles = profilesOf(options.profiles);
  const comparison = (() => {
    try {
      return compareProgram(path, args, {
        profiles,
        progress: (what) => {
          if (process.stderr.isTTY) put('stderr', `${NAME}: ${path} on ${what}\n`);
        },
        ...(kernel !== undefined && { kernel }),
      });
    } catch (error) {
      if (error instanceof NoRecording) throw new Refusal(error.message, STATUS_MACHINE);
      throw error;
    }
  })();
  if (html !== undefined) writePage(html, renderHtml(comparison));
  if (json) put('stdout', `${JSON.stringify(comparison, null, 2)}\n`);
  else if (html === undefined) {
    put('stdout', renderText(comparison, { width: process.stdout.columns ?? WIDTH }));
  }
  return 0;
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal(`${file} cannot be written: ${reason}`, STATUS_USAGE);
  }
}

function profilesOf(list: string | undefined): string[] {
  const linked = PROFILES.filter(({ library }) => library !== undefined).map(({ name }) => name);
  if (list === undefined) return linked;
  const chosen = list.split(',');
  for (const name of chosen) {
    const profile = profileNamed(name);
    if (profile?.library === undefined) {
      throw new Refusal(
        `no C library's profile is called ${name}; there are ${linked.join(', ')}`,
        STATUS_USAGE,
      );
    }
  }
  return chosen;
}

function checkProgram(path: string): void {
  if (!existsSync(path)) throw new Refusal(`${path} does not exist`, STATUS_NOT_FOUND);
  const why = whyNotProgram(readFileSync(path));
  if (why !== undefined) throw new Refusal(`${path} cannot be run: ${why}`, STATUS_NOT_EXECUTABLE);
}
