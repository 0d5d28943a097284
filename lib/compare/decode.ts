// From recorded system calls to what the tracer observed: ptrace(2), wait(2).
import {
  linuxSyscallName,
  ptraceRequestName,
  user_fpregs_struct,
  user_regs_struct,
} from '../../compat/index.js';
import { signalName } from '../../kernel-sim/abi/index.js';
import { statusText } from '../status-text.js';
import { decodeWait, decodeWaitid } from './decode-wait.js';
import type { Names } from './names.js';
import { CALL, type RawCall } from './raw-call.js';
import { int, resultOf, wordAt } from './raw-values.js';
import { callText, type Seen } from './recording.js';

const RESUMES: ReadonlySet<string> = new Set([
  'PTRACE_CONT',
  'PTRACE_SYSCALL',
  'PTRACE_SINGLESTEP',
  'PTRACE_SYSEMU',
  'PTRACE_SYSEMU_SINGLESTEP',
  'PTRACE_DETACH',
  'PTRACE_LISTEN',
]);
const CLONE_THREAD = 0x1_0000n;
const NEW_PROCESS = /EVENT_(?:FORK|VFORK|CLONE)/;

/**
 * All that the tracer observed. How often it polled before there was something to see is left to
 * chance, and left out; if there never was, it is said once.
 */
export function decode(calls: readonly RawCall[], names: Names): Seen[] {
  const seen: Seen[] = [];
  for (const call of calls) {
    // programs try the newer one first, and go on with the other
    if (call.number === CALL.clone3 && resultOf(call) === 'ENOSYS') continue;
    const next = decodeCall(call, names, seen);
    const last = seen.at(-1);
    if (last?.call === 'wait' && last.result === '0' && callText(last) === callText(next)) {
      seen.pop();
      if (next.result === '0') {
        seen.push({ ...last, times: (last.times ?? 1) + 1 });
        continue;
      }
    }
    seen.push(next);
  }
  return seen;
}

function decodeCall(call: RawCall, names: Names, before: readonly Seen[]): Seen {
  const [first = 0n, second = 0n] = call.args;
  const process = 'tracer';
  const result = resultOf(call);
  switch (call.number) {
    case CALL.ptrace:
      return decodePtrace(call, names, before);
    case CALL.wait4:
      return decodeWait(call, names);
    case CALL.waitid:
      return decodeWaitid(call, names);
    case CALL.kill:
    case CALL.tkill:
      return {
        call: 'kill',
        process: names.target(int(first)),
        signal: signalName(int(second)),
        result,
      };
    case CALL.tgkill:
      return {
        call: 'kill',
        process: names.target(int(second)),
        signal: signalName(int(call.args[2] ?? 0n)),
        result,
      };
    case CALL.write:
    case CALL.writev: {
      const text = new TextDecoder().decode(call.memory);
      return { call: 'write', process, fd: int(first), text, result: failed(result) ?? '0' };
    }
    case CALL.exit:
    case CALL.exitGroup:
      return { call: 'exit', process, status: int(first), result };
    case CALL.clone:
    case CALL.clone3:
    case CALL.fork:
    case CALL.vfork:
      return decodeFork(call, names);
    default:
      return { call: 'other', process, ...otherCall(call, names), result: failed(result) ?? '0' };
  }
}

function decodeFork(call: RawCall, names: Names): Seen {
  const result = resultOf(call);
  const child = call.result === undefined ? 0 : Number(call.result);
  const flags = call.number === CALL.clone ? (call.args[0] ?? 0n) : flagsOfClone3(call);
  const thread = (flags & CLONE_THREAD) !== 0n;
  const name = thread ? names.thread.bind(names) : names.process.bind(names);
  return {
    call: 'fork',
    process: thread ? 'thread' : 'tracer',
    result: child > 0 ? name(child) : result,
  };
}

function flagsOfClone3({ number, memory }: RawCall): bigint {
  return number === CALL.clone3 && memory.length >= 8 ? wordAt(memory, 0) : 0n;
}

function otherCall({ number, args, memory }: RawCall, names: Names) {
  const name = linuxSyscallName(number);
  switch (number) {
    case CALL.open:
    case CALL.openat:
      return { name: 'open', argument: names.path(new TextDecoder().decode(memory)) };
    case CALL.processVmReadv:
    case CALL.processVmWritev:
    case CALL.pidfdOpen:
      return { name, argument: names.process(int(args[0] ?? 0n)) };
    default:
      return { name };
  }
}

function decodePtrace(call: RawCall, names: Names, before: readonly Seen[]): Seen {
  const [number = 0n, pid = 0n, address = 0n, data = 0n] = call.args;
  const request = ptraceRequestName(int(number));
  const result = resultOf(call);
  const traceme = request === 'PTRACE_TRACEME';
  const process = traceme ? 'tracer' : names.process(int(pid));
  const base = { call: 'ptrace', request, process, result } as const;
  if (RESUMES.has(request)) {
    return data === 0n ? base : { ...base, data: signalName(Number(data)) };
  }
  const word = call.memory.length >= 8 ? wordAt(call.memory, 0) : 0n;
  switch (request) {
    case 'PTRACE_PEEKTEXT':
    case 'PTRACE_PEEKDATA':
    case 'PTRACE_PEEKUSER': {
      const found = failed(result) === undefined ? { data: names.word(word) } : {};
      return { ...base, address: names.word(address), ...found };
    }
    case 'PTRACE_POKETEXT':
    case 'PTRACE_POKEDATA':
    case 'PTRACE_POKEUSER':
      return { ...base, address: names.word(address), data: names.word(data) };
    case 'PTRACE_SETOPTIONS':
    case 'PTRACE_SEIZE':
      return { ...base, data: `0x${data.toString(16)}` };
    case 'PTRACE_GETEVENTMSG':
      if (failed(result) !== undefined) return base;
      return { ...base, data: messageText(word, names, base.process, before) };
    default: {
      // what a request that failed leaves there is not the tracee's
      const memory = failed(result) === undefined ? call.memory : new Uint8Array();
      const registers = registersOf(request, memory, names);
      return registers === undefined ? base : { ...base, registers };
    }
  }
}

/** A new process's pid, or the status of one that is about to exit. */
function messageText(word: bigint, names: Names, process: string, before: readonly Seen[]): string {
  const waits = before.flatMap((seen) => (seen.call === 'wait' ? [seen] : []));
  const status = waits.reverse().find(({ result }) => result === process)?.status ?? '';
  if (NEW_PROCESS.test(status)) return names.process(Number(word));
  return status.includes('EVENT_EXIT') ? statusText(Number(word)) : names.word(word);
}

function registersOf(
  request: string,
  memory: Uint8Array,
  names: Names,
): Record<string, string> | undefined {
  if (memory.length === 0) return undefined;
  switch (request) {
    case 'PTRACE_GETREGS':
    case 'PTRACE_SETREGS':
      return generalRegisters(memory, names);
    case 'PTRACE_GETFPREGS':
    case 'PTRACE_SETFPREGS':
      return floatRegisters(memory);
    case 'PTRACE_GETSIGINFO': {
      const view = new DataView(memory.buffer, memory.byteOffset);
      return {
        si_signo: signalName(view.getInt32(0, true)),
        si_code: String(view.getInt32(8, true)),
        si_addr: names.word(wordAt(memory, 16)),
      };
    }
    default:
      return undefined;
  }
}

function generalRegisters(memory: Uint8Array, names: Names): Record<string, string> {
  const words = Object.entries(user_regs_struct.decode(memory));
  return Object.fromEntries(words.map(([name, value]) => [name, register(name, value, names)]));
}

/** A pid that is no small number can be nothing else. */
function register(name: string, value: bigint, names: Names): string {
  if (name === 'orig_rax') return names.systemCall(value);
  const pid = names.place === 'linux' ? names.known(Number(value)) : undefined;
  return pid ?? names.word(value);
}

function floatRegisters(memory: Uint8Array): Record<string, string> {
  const { cwd, swd, ftw, mxcsr, st_space, xmm_space } = user_fpregs_struct.decode(memory);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex');
  const registers: Record<string, string> = {
    cwd: `0x${cwd.toString(16)}`,
    swd: `0x${swd.toString(16)}`,
    ftw: `0x${ftw.toString(16)}`,
    mxcsr: `0x${mxcsr.toString(16)}`,
  };
  for (let i = 0; i < 8; i++) registers[`st${i}`] = hex(st_space.slice(i * 16, i * 16 + 10));
  for (let i = 0; i < 16; i++) registers[`xmm${i}`] = hex(xmm_space.slice(i * 16, i * 16 + 16));
  return registers;
}

function failed(result: string): string | undefined {
  return /^(?:E[A-Z]|never)/.test(result) ? result : undefined;
}
