// The round trip of a tracer, resume and wait, as lists of system calls that are made whatever each
// of them returns. ptrace() and waitpid() yield them; whoever makes calls as functions (a process
// driven from outside) goes through the same lists without a generator, which costs more than they.
import {
  SIGCONT,
  SIGSTOP,
  SYS_KILL,
  SYS_READ,
  SYS_WAITPID,
  SYS_WRITE,
  stoppedStatus,
} from '../../kernel-sim/abi/index.js';
import { WCONTINUED, WNOHANG, WUNTRACED } from '../headers/sys-wait.js';
import type { Libc } from '../libc.js';
import type { CommandWord } from '../profiles.js';
import { tracemeOf, type Waited } from '../traceme/strategy.js';
import { type ListedCall, lockAtOnce, type Session, unlockAtOnce } from './session.js';

/** Makes a system call; gives rax as a signed number. */
export type DirectCall = (number: number, a: number, b: number, c: number | undefined) => number;

const PTRACE_EVENT_SIZE = 56;
const STATUS_SIZE = 8; // a usize
const KNOWN_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED;

/** Scratch memory of these lists: a word, or an event, and a status. */
const SCRATCH = PTRACE_EVENT_SIZE + STATUS_SIZE;

/** Whether the revision's waitpid ends the program for these options. */
export function refusesOptions({ profile }: Libc, options: number): boolean {
  return profile.ptrace.strictOptions && (options & ~KNOWN_OPTIONS) !== 0;
}

/** The calls of a request that resumes by a command word. The last one's result is what counts. */
function resumeCalls(
  libc: Libc,
  pid: number,
  session: Session,
  word: CommandWord,
): readonly ListedCall[] {
  const at = libc.user.reserve(SCRATCH);
  store(libc, at, word);
  const { calls } = session;
  if (calls.resumeAt !== at || calls.wordSize !== word.size) {
    calls.resumeAt = at;
    calls.wordSize = word.size;
    calls.resume = [
      // The child of the usual TRACEME and raise(SIGSTOP) is stopped as by any SIGSTOP, and only
      // SIGCONT wakes it. Whether that went well is not asked.
      { number: SYS_KILL, a: pid, b: SIGCONT, c: undefined },
      { number: SYS_WRITE, a: session.tracer, b: at, c: word.size },
    ];
  }
  return calls.resume;
}

/**
 * The calls of a wait for a tracee: the trace file is asked first, and the kernel then says whether
 * the tracee stopped or ended. The last one's result counts, and the status is at {@link statusAt}.
 */
export function waitCalls(
  libc: Libc,
  pid: number,
  session: Session,
  options: number,
): readonly ListedCall[] {
  const { waitWord, readsEvent, alwaysUntraced } = libc.profile.ptrace;
  const { user } = libc;
  const at = user.reserve(SCRATCH);
  const { calls } = session;
  if (waitWord !== undefined) store(libc, at, waitWord);
  const flags = options | WNOHANG | (alwaysUntraced ? WUNTRACED : 0);
  if (calls.waitAt !== at || calls.waitFlags !== flags) {
    const { tracer } = session;
    const list: ListedCall[] = [];
    if (waitWord !== undefined) {
      list.push({ number: SYS_WRITE, a: tracer, b: at, c: waitWord.size });
    }
    if (readsEvent) list.push({ number: SYS_READ, a: tracer, b: at, c: PTRACE_EVENT_SIZE });
    list.push({ number: SYS_WAITPID, a: pid, b: at + PTRACE_EVENT_SIZE, c: flags });
    calls.waitAt = at;
    calls.waitFlags = flags;
    calls.wait = list;
  }
  return calls.wait;
}

/** What a wait for a tracee found, given the last call's result: ptrace stops look like SIGSTOP. */
export function waitedFor(libc: Libc, pid: number, session: Session, result: number): Waited {
  if (result === 0) return { result: pid, status: stoppedStatus(SIGSTOP) };
  if (result === -1) return { result, status: 0 };
  const { waitAt } = session.calls;
  return { result, status: libc.user.memory.load32(waitAt + PTRACE_EVENT_SIZE) };
}

/** A list under way: the table of sessions is locked, and scratch memory reserved above the mark. */
export interface Half {
  readonly calls: readonly ListedCall[];
  readonly session: Session;
  readonly mark: number;
}

/** ptrace() begins; undefined where it takes more than a list of calls. */
export function beginResume(libc: Libc, request: number, pid: number): Half | undefined {
  const session = libc.state.sessions.get(pid);
  if (session === undefined || !goesDirectly(libc)) return undefined;
  const word = wordOf(libc, session, request);
  if (word === undefined || !lockAtOnce(libc)) return undefined;
  return resumeHalf(libc, pid, session, word);
}

/** The same for who has locked the table; undefined for a request that does not resume. */
export function beginLockedResume(
  libc: Libc,
  pid: number,
  session: Session,
  request: number,
): Half | undefined {
  const word = wordOf(libc, session, request);
  return word && resumeHalf(libc, pid, session, word);
}

function resumeHalf(libc: Libc, pid: number, session: Session, word: CommandWord): Half {
  const mark = libc.user.mark();
  return { calls: resumeCalls(libc, pid, session, word), session, mark };
}

/** It ends, but for the lock: what ptrace() returns, given the last call's result. */
export function endResume(libc: Libc, { session, mark }: Half, result: number): number {
  libc.user.release(mark);
  if (result === -1) return -1;
  session.first = false;
  return 0;
}

/** The same for waitpid(). */
export function beginWait(libc: Libc, pid: number, options: number): Half | undefined {
  const session = libc.state.sessions.get(pid);
  const simple = session !== undefined && (options & WNOHANG) === 0 && goesDirectly(libc);
  if (!simple || refusesOptions(libc, options) || !lockAtOnce(libc)) return undefined;
  const mark = libc.user.mark();
  return { calls: waitCalls(libc, pid, session, options), session, mark };
}

export function endWait(libc: Libc, pid: number, { session, mark }: Half, result: number): Waited {
  const waited = waitedFor(libc, pid, session, result);
  libc.user.release(mark);
  return waited;
}

/** ptrace() by functions; undefined where it takes more than a list of calls. */
export function ptraceDirectly(
  libc: Libc,
  call: DirectCall,
  request: number,
  pid: number,
): number | undefined {
  const half = beginResume(libc, request, pid);
  if (half === undefined) return undefined;
  const result = endResume(libc, half, makeAll(libc, call, half.calls));
  unlock(libc);
  return result;
}

/** waitpid() by functions; undefined where it takes more than a list of calls. */
export function waitpidDirectly(
  libc: Libc,
  call: DirectCall,
  pid: number,
  options: number,
): Waited | undefined {
  const half = beginWait(libc, pid, options);
  if (half === undefined) return undefined;
  const waited = endWait(libc, pid, half, makeAll(libc, call, half.calls));
  unlock(libc);
  return waited;
}

function makeAll(libc: Libc, call: DirectCall, calls: readonly ListedCall[]): number {
  let result = 0;
  for (const { number, a, b, c } of calls) result = libc.returned(call(number, a, b, c));
  return result;
}

/** Nobody else runs in a process that is driven from outside. */
function unlock(libc: Libc): void {
  if (!unlockAtOnce(libc)) throw new Error('the table of sessions is contended');
}

function wordOf({ profile }: Libc, session: Session, request: number): CommandWord | undefined {
  const { resume, firstResume } = profile.ptrace;
  return (session.first ? firstResume[request] : undefined) ?? resume[request];
}

function store({ user }: Libc, at: number, { size, value }: CommandWord): void {
  if (size === 8) user.memory.storeNumber(at, value);
  else user.memory.store8(at, value);
}

function goesDirectly(libc: Libc): boolean {
  return tracemeOf(libc).elsewhere === undefined;
}
