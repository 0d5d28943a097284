// Names of ptrace(2)'s requests, for messages and for programs that print what they see.
import * as header from './sys-ptrace.js';

const NOT_A_REQUEST = /^PTRACE_(O|EVENT|SYSCALL_INFO|PEEKSIGINFO)_|^NT_/;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(header)
    .filter(([name]) => !NOT_A_REQUEST.test(name))
    .map(([name, number]) => [number, name]),
);

/** `PTRACE_CONT`, or `request 99` of a number that is none. */
export function ptraceRequestName(request: number): string {
  return NAMES.get(request) ?? `request ${request}`;
}

/** The same with the number: `PTRACE_CONT (7)`, or `request 99`. */
export function numberedRequest(request: number): string {
  return NAMES.has(request) ? `${NAMES.get(request)} (${request})` : ptraceRequestName(request);
}

/** All requests, by number. */
export const PTRACE_REQUESTS: readonly (readonly [name: string, number: number])[] = [...NAMES]
  .map(([number, name]) => [name, number] as const)
  .sort(([, a], [, b]) => a - b);

const EVENTS: ReadonlyMap<number, string> = new Map(
  Object.entries(header)
    .filter(([name]) => name.startsWith('PTRACE_EVENT_'))
    .map(([name, number]) => [number, name]),
);

/** `PTRACE_EVENT_FORK`, or `event 99` of a number that is none. */
export function ptraceEventName(event: number): string {
  return EVENTS.get(event) ?? `event ${event}`;
}
