// sys:context — the table of contexts that ps shows. Source: scheme/sys/context.rs of 2020; before
// 2020-02-18 the kernel counted no ticks and had no column for them.
import type { Context } from '../context.js';
import { pathFromText } from './path.js';
import type { Services } from './services.js';

const TICKS_SINCE = '2020-02-18';
/** Of the kernel, and counted twice. */
const KERNEL_STACK = 0x1_0000;

/** Heading and width of the columns before the last one, the name. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ['PID', 6],
  ['PGID', 6],
  ['PPID', 6],
  ['RUID', 6],
  ['RGID', 6],
  ['RNS', 6],
  ['EUID', 6],
  ['EGID', 6],
  ['ENS', 6],
  ['STAT', 6],
  ['CPU', 6],
  ['TICKS', 8],
  ['MEM', 8],
];

export function contextTable({ contexts, cpus, profile }: Services): string {
  const shown = COLUMNS.filter(([name]) => name !== 'TICKS' || profile.date >= TICKS_SINCE);
  const line = (cells: ReadonlyMap<string, string>): string =>
    `${shown.map(([name, width]) => (cells.get(name) ?? '').padEnd(width)).join('')}${cells.get('NAME')}\n`;
  const heading = new Map([...COLUMNS.map(([name]) => [name, name] as const), ['NAME', 'NAME']]);
  return [heading, ...[...contexts].map((context) => row(context, cpus))].map(line).join('');
}

function row(context: Context, cpus: number): Map<string, string> {
  const cells: Record<string, string | number> = {
    PID: context.pid,
    PGID: context.pgid,
    PPID: context.ppid,
    RUID: context.ruid,
    RGID: context.rgid,
    RNS: context.rns,
    EUID: context.euid,
    EGID: context.egid,
    ENS: context.ens,
    STAT: state(context),
    CPU: context.pid % cpus,
    TICKS: scaled(context.ticks, 1000, [' T', ' G', ' M', ' K', '']),
    MEM: scaled(memory(context), 1024, [' GB', ' MB', ' KB', ' B']),
    NAME: pathFromText(context.name),
  };
  return new Map(Object.entries(cells).map(([name, cell]) => [name, String(cell)]));
}

function state(context: Context): string {
  const letters = { runnable: 'R', stopped: 'T', exited: 'Z' };
  const { kind } = context.status;
  const asleep = context.deadline === undefined ? 'B' : 'S';
  const letter = kind === 'blocked' ? asleep : letters[kind];
  return (context.memory.stackSize > 0 ? 'U' : 'K') + letter + (context.running ? '+' : '');
}

/** The heap was forgotten. */
function memory(context: Context): number {
  return 2 * KERNEL_STACK + context.memory.sizeWithoutHeap;
}

/** A number in the largest unit that it reaches. */
function scaled(amount: number, step: number, units: readonly string[]): string {
  const at = units.findIndex((_, index) => amount >= step ** (units.length - 1 - index));
  const index = at < 0 ? units.length - 1 : at;
  return `${Math.floor(amount / step ** (units.length - 1 - index))}${units[index]}`;
}
