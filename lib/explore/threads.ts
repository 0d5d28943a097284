// Threads of one process over a futex, as a model: memory, and FUTEX with Redox's semantics (facts
// of syscall/futex.rs, 2019: WAIT compares and sleeps at once, WAKE wakes up to so many sleepers,
// a signal ends a sleep but leaves its entry behind). Each step of a thread is one atomic operation.
import type { SharedWords } from '../../compat/index.js';
import {
  EAGAIN,
  FUTEX_WAIT,
  FUTEX_WAKE,
  SYS_FUTEX,
  type SystemCall,
  type SystemCalls,
} from '../../kernel-sim/abi/index.js';

/** What the threads of a model share. */
export interface SharedWorld extends SharedWords {
  /** Threads that are inside of what only one may be in. */
  inside: number;
  /** Counts whatever a program counts. */
  count: number;
  /** Adds a remark to the step that is under way, for the schedule. */
  note(text: string): void;
  /** Ends the run: something that must hold does not. */
  fail(text: string): never;
}

/** The program of one thread, over what it shares with the others. */
export type ThreadProgram = (world: SharedWorld) => SystemCalls<void>;

/** Something that must hold does not. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** One step of one thread, in words. */
export interface Step {
  readonly thread: string;
  readonly what: string;
}

interface Entry {
  readonly thread: Thread;
  readonly address: number;
}

export interface Thread {
  readonly name: string;
  readonly code: SystemCalls<void>;
  /** Stands for everything that this thread has seen: equal histories, equal futures. */
  history: number;
  state: 'ready' | 'calling' | 'asleep' | 'done';
  call: SystemCall | undefined;
  result: number;
  steps: number;
}

/** Numbers for histories, so that a state is known by a few numbers. Shared by many runs. */
export class Histories {
  readonly #numbers = new Map<string, number>();

  after(history: number, event: string): number {
    const key = `${history} ${event}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size + 1);
    return this.#numbers.size;
  }
}

/** Four words for the threads to share. */
const MEMORY_SIZE = 16;

export class ThreadModel {
  readonly threads: readonly Thread[];
  readonly schedule: Step[] = [];
  readonly world: SharedWorld;
  readonly #histories: Histories;
  readonly #view = new DataView(new ArrayBuffer(MEMORY_SIZE));
  readonly #entries: Entry[] = [];
  #current: Thread | undefined;
  /** Whether the step under way used the memory. */
  #touched = false;
  /** What the step under way did. */
  #parts: string[] = [];

  constructor(
    programs: readonly (readonly [name: string, program: ThreadProgram])[],
    histories: Histories,
    private readonly describeWord: (word: number) => string = String,
  ) {
    this.#histories = histories;
    this.world = {
      memory: { load32: (at) => this.#load(at), store32: (at, value) => this.#store(at, value) },
      inside: 0,
      count: 0,
      note: (text) => this.#parts.push(text),
      fail: (text) => {
        throw new Violation(text);
      },
    };
    this.threads = programs.map(([name, program], index) => ({
      name,
      code: program(this.world),
      history: index,
      state: 'ready',
      call: undefined,
      result: 0,
      steps: 0,
    }));
    // what comes before the first atomic operation concerns nobody else
    for (const thread of this.threads) this.#advance(thread);
    this.#parts = [];
  }

  get ready(): Thread[] {
    return this.threads.filter(({ state }) => state === 'ready' || state === 'calling');
  }

  get asleep(): Thread[] {
    return this.threads.filter(({ state }) => state === 'asleep');
  }

  /** Equal keys, equal futures. */
  get key(): string {
    const threads = this.threads.map(({ history, state }) => `${history}${state[0]}`).join();
    const entries = this.#entries.map(({ thread }) => this.threads.indexOf(thread)).join('');
    const words = [0, 4, 8, 12].map((at) => this.#view.getUint32(at, true)).join();
    return `${threads} ${entries} ${words}`;
  }

  /**
   * One atomic operation, and what the thread does by itself after it. `pick` chooses whom a WAKE
   * wakes. @throws Violation
   */
  step(thread: Thread, pick: (count: number) => number): void {
    thread.steps++;
    this.#parts = [];
    try {
      if (thread.state === 'ready') {
        this.#touched = false;
        this.#advance(thread);
        if (this.#touched || thread.call === undefined) return;
      }
      this.#call(thread, pick);
    } finally {
      this.schedule.push({ thread: thread.name, what: this.#parts.join('; ') || 'goes on' });
    }
  }

  /** A signal whose handler runs and returns: the sleep ends, its entry stays. */
  interrupt(thread: Thread): void {
    this.#return(thread, 0);
    this.schedule.push({ thread: thread.name, what: 'is woken by a signal' });
  }

  /** A pause before a system call separates it from what came before; the call is the step. */
  #call(thread: Thread, pick: (count: number) => number): void {
    const { call } = thread;
    if (call === undefined) return;
    thread.call = undefined;
    const result = this.#perform(thread, call, pick);
    if (result !== undefined) this.#return(thread, result);
  }

  /** What a thread does by itself after a system call concerns nobody else. */
  #return(thread: Thread, result: number): void {
    thread.result = result;
    thread.history = this.#histories.after(thread.history, `=${result}`);
    this.#advance(thread);
  }

  /** Goes on to the next pause or system call. */
  #advance(thread: Thread): void {
    this.#current = thread;
    thread.history = this.#histories.after(thread.history, 'step');
    const { value, done } = thread.code.next(thread.result);
    this.#current = undefined;
    thread.result = 0;
    if (done === true) {
      thread.state = 'done';
      this.#parts.push('ends');
    } else if (value === 'pause') {
      thread.state = 'ready';
    } else {
      thread.state = 'calling';
      thread.call = value;
    }
  }

  #load(address: number): number {
    this.#touched = true;
    const value = this.#view.getUint32(address, true);
    this.#see(`${address}:${value}`);
    this.#parts.push(`finds ${this.describeWord(value)}`);
    return value;
  }

  #store(address: number, value: number): void {
    this.#touched = true;
    this.#view.setUint32(address, value, true);
    this.#parts.push(`stores ${this.describeWord(value)}`);
  }

  #see(event: string): void {
    const thread = this.#current;
    if (thread !== undefined) thread.history = this.#histories.after(thread.history, event);
  }

  /** The result, or undefined while the thread sleeps. */
  #perform(
    thread: Thread,
    { number, a, b, c }: SystemCall,
    pick: (count: number) => number,
  ): number | undefined {
    if (number !== SYS_FUTEX) throw new Error(`the model has no system call ${number}`);
    const address = Number(a);
    if (b === FUTEX_WAIT) return this.#wait(thread, address, Number(c));
    if (b === FUTEX_WAKE) return this.#wake(address, Number(c), pick);
    throw new Error(`the model has no futex operation ${b}`);
  }

  #wait(thread: Thread, address: number, expected: number): number | undefined {
    const value = this.#view.getUint32(address, true);
    const call = `FUTEX_WAIT while ${this.describeWord(expected)}`;
    if (value !== expected) {
      this.#parts.push(`${call}: finds ${this.describeWord(value)}, returns at once`);
      return -EAGAIN;
    }
    this.#parts.push(`${call}: sleeps`);
    thread.state = 'asleep';
    this.#entries.push({ thread, address });
    return undefined;
  }

  #wake(address: number, count: number, pick: (count: number) => number): number {
    let woken = 0;
    const names: string[] = [];
    for (; woken < count; woken++) {
      const waiting = this.#entries.filter((entry) => entry.address === address);
      if (waiting.length === 0) break;
      const chosen = waiting[waiting.length === 1 ? 0 : pick(waiting.length)];
      if (chosen === undefined) break;
      this.#entries.splice(this.#entries.indexOf(chosen), 1);
      names.push(this.#awaken(chosen.thread));
    }
    const limit = count === 1 ? 'one' : 'all';
    this.#parts.push(`FUTEX_WAKE ${limit}: wakes ${names.join(' and ') || 'nobody'}`);
    return woken;
  }

  /** An entry that a signal left behind takes the wake of somebody else. */
  #awaken(thread: Thread): string {
    if (thread.state !== 'asleep') return `${thread.name} (which no longer sleeps)`;
    this.#return(thread, 0);
    return thread.name;
  }
}
