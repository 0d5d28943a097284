// The CPU as the kernel sees it: run until an exit, registers, address spaces.
import { AddressSpace, lowWord, USER_END } from './address-space.js';
import { Breakpoints } from './breakpoints.js';
import { CodeCache } from './code-cache.js';
import { isRepeatedString, RecordDecoder } from './decoder.js';
import { type Exit, VECTOR_DB, VECTOR_GP, VECTOR_SS } from './exit.js';
import { createHelpers, type Helper } from './helpers/index.js';
import { ARITHMETIC_FLAGS, KIND_WORD } from './interpreter/flags.js';
import { handlerKeys } from './interpreter/generate.js';
import { type EngineExports, instantiate } from './interpreter/instance.js';
import {
  COMPLETED,
  LEFT_BUDGET,
  LEFT_FAULT,
  LEFT_FLAGS,
  LEFT_HOT,
  LEFT_INTERRUPT,
  LEFT_JUMPED,
  LEFT_LOOKUP,
  LEFT_SHADOW,
  LEFT_SYSCALL,
  LEFT_TRAP,
  LENGTH,
  NEXT,
} from './interpreter/record.js';
import { paced, THRESHOLDS } from './pace.js';
import './isa/index.js';
import {
  EXIT_ADDRESS,
  EXIT_ERROR,
  EXIT_RECORD,
  EXIT_VECTOR,
  FLAGS_A,
  FLAGS_KIND,
  FLAGS_RESULT,
  NEVER,
  POSTPONED,
  REGISTERS,
  REMAINING,
  RETIRED_BASE,
  RFLAGS,
  RIP,
  RUN_BUDGET,
  STACK_LIMIT,
  THRESHOLD,
} from './layout.js';
import { PhysicalMemory } from './memory.js';
import { Mmu } from './mmu.js';
import { Counts, type CpuProfile, leavings } from './profile.js';
import { FLAG_AC, FLAG_RF, FLAG_TF, Registers, RIP as RIP_INDEX } from './registers.js';
import { usesStackSegment } from './stack-fault.js';
import { Stopwatch } from './stopwatch.js';
import { Tlb } from './tlb.js';
import { Translator } from './translator/translator.js';

const TWO_32 = 0x1_0000_0000;
/** Most instructions of one stay in the engine. */
const LONGEST_RUN = 0x4000_0000;
const LONGEST_INSTRUCTION = 15;

const BUDGET_EXIT: Exit = { reason: 'budget' };
const SYSCALL_EXIT: Exit = { reason: 'syscall' };
const DEBUG_EXIT: Exit = {
  reason: 'exception',
  vector: VECTOR_DB,
  errorCode: 0,
  address: 0n,
};

export interface CpuOptions {
  /** Bytes of memory, engine area included; 1 GiB unless said. Committed by the host when touched. */
  readonly memory?: number;
  /** The interpreter's module, built beforehand; generated on the spot when absent. */
  readonly interpreter?: BufferSource;
  /**
   * How instructions are executed: hot code translated (`auto`), all of it interpreted, or
   * everything translated that can be. The outcome is the same.
   */
  readonly engine?: Engine;
  /** A clock, given where times shall be measured; nothing else depends on it. */
  readonly now?: () => number;
}

export const ENGINES = ['auto', 'interp', 'translate'] as const;
export type Engine = (typeof ENGINES)[number];

export class Cpu {
  readonly memory: PhysicalMemory;
  readonly registers: Registers;
  readonly #tlb: Tlb;
  readonly #mmu: Mmu;
  readonly #decoder: RecordDecoder;
  readonly #code: CodeCache;
  readonly #breakpoints: Breakpoints;
  readonly #engine: EngineExports;
  readonly #translator: Translator;
  readonly #translate: (address: number) => void;
  /** Decodes at RIP; false after a fault, which is noted as the engine's. */
  readonly #decode: (rip: number) => boolean;
  readonly #counts = new Counts();
  readonly #stopwatch: Stopwatch | undefined;
  readonly #words: Uint32Array;
  /** Translated regions; number 0 stands for what is not translated. */
  readonly #regions = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  /** Keys of the interpreter's handlers. */
  readonly #keys: readonly string[];
  #spaces = 0;
  #retired = 0;
  /** What the last call into the engine left of its budget. */
  #left = 0;
  /** SS was loaded: the instruction after that is not trapped before. Intel SDM vol. 3A, 6.8.3. */
  #shadow = false;

  constructor(options: CpuOptions = {}) {
    this.memory = new PhysicalMemory(options.memory);
    this.registers = new Registers(this.memory.buffer, REGISTERS);
    this.registers.reset();
    this.#words = new Uint32Array(this.memory.buffer, 0, 0x400);
    this.#tlb = new Tlb(this.memory);
    this.#mmu = new Mmu(this.memory, this.#tlb, this.#counts);
    const keys = handlerKeys();
    this.#keys = keys;
    this.#decoder = new RecordDecoder(this.memory, keys);
    this.#code = new CodeCache(this.memory, this.#tlb, this.#decoder, this.#counts);
    this.#breakpoints = new Breakpoints(this.memory);
    const stopwatch = options.now && new Stopwatch(options.now, this.memory.view);
    this.#stopwatch = stopwatch;
    const helpers = timedHelpers(createHelpers(this.memory), stopwatch);
    // one that counts around regions is seldom wanted, so it is not built beforehand
    const countsRegions = stopwatch !== undefined && options.engine !== 'interp';
    const prebuilt = countsRegions ? undefined : options.interpreter;
    const imports = this.#imports(helpers, stopwatch);
    const engine = instantiate({ keys, imports, prebuilt, countsRegions });
    this.#translator = new Translator({
      memory: this.memory,
      mmu: this.#mmu,
      code: this.#code,
      table: this.#regions,
      engine: engine as unknown as WebAssembly.Exports,
      everything: options.engine === 'translate',
    });
    this.#words[THRESHOLD >>> 2] = THRESHOLDS[options.engine ?? 'auto'];
    const translate = (address: number): void => {
      const threshold = this.#words[THRESHOLD >>> 2];
      if (threshold === NEVER) return;
      this.#translator.translate(address);
      this.#words[THRESHOLD >>> 2] = paced(threshold, this.#translator.written, this.#retired);
    };
    const decode = (rip: number): boolean => this.#decodeAt(rip);
    this.#translate = stopwatch?.translating(translate) ?? translate;
    this.#decode = stopwatch?.timed('decoding', decode) ?? decode;
    this.#engine = stopwatch ? { ...engine, run: stopwatch.timed('engine', engine.run) } : engine;
  }

  /**
   * Instructions retired since the CPU was made. Each iteration of a repeated string instruction
   * counts, as it does for whoever steps through it.
   */
  get retired(): number {
    return this.#retired;
  }

  get profile(): CpuProfile {
    const { exits, slowAccesses, decodedInstructions, codeDrops } = this.#counts;
    return {
      exits: leavings(exits),
      slowAccesses,
      decodedInstructions,
      codeDrops,
      translatedRegions: this.#translator.made,
      ...(this.#stopwatch && { timed: this.#stopwatch.result }),
    };
  }

  createAddressSpace(): AddressSpace {
    return new AddressSpace(this.memory, this.#tlb, ++this.#spaces);
  }

  /** Makes a space the current one, as loading CR3 does. */
  activate(space: AddressSpace): void {
    this.#mmu.activate(space);
  }

  /** Runs at most `budget` instructions of the current space. */
  run(budget: number): Exit {
    const words = this.#words;
    const watch = this.#breakpoints.arm() ? this.#breakpoints : undefined;
    let left = budget;
    while (left > 0) {
      const rflags = words[RFLAGS >>> 2];
      const stepping = (rflags & FLAG_TF) !== 0;
      const low = words[RIP >>> 2];
      const high = words[(RIP >>> 2) + 1];
      if (watch !== undefined && (rflags & FLAG_RF) === 0 && !this.#shadow) {
        if (watch.executes(high * TWO_32 + low)) return DEBUG_EXIT;
      }
      const single = stepping || watch !== undefined;
      const part = single ? 1 : Math.min(left, LONGEST_RUN);
      // of two loads in a row the second one casts none
      const shadowed = this.#shadow;
      this.#shadow = false;
      const exit = this.#enter(part, watch);
      left = left - part + this.#left;
      if (shadowed) this.#shadow = false;
      if (exit !== undefined && exit.reason !== 'budget') {
        this.#breakpoints.forget();
        return exit;
      }
      if (!single) continue;
      if (words[RIP >>> 2] === low && words[(RIP >>> 2) + 1] === high) this.#markRepetition();
      if (!this.#shadow && this.#breakpoints.complete(stepping)) return DEBUG_EXIT;
    }
    return BUDGET_EXIT;
  }

  /** What is interrupted between two iterations goes on without breaking again. */
  #markRepetition(): void {
    const code = this.#fetch(this.registers.number(RIP_INDEX));
    if (isRepeatedString(code)) this.#words[RFLAGS >>> 2] |= FLAG_RF;
  }

  /** The text of the instruction at an address of the current space. */
  disassemble(address: number): { text: string; length: number } {
    return this.#decoder.describe(this.#fetch(address), address);
  }

  #imports(helper: Record<string, Helper>, stopwatch: Stopwatch | undefined): WebAssembly.Imports {
    const mmu = this.#mmu;
    const slow = (run: (operand: number) => number) => stopwatch?.sampled('memory', run) ?? run;
    return {
      env: { memory: this.memory.memory, regions: this.#regions },
      mmu: {
        read: slow((bytes) => mmu.read(bytes)),
        write: slow((bytes) => mmu.write(bytes)),
        finishWrite: slow((budget) => mmu.finishWrite(budget)),
        completeWrite: () => void mmu.completeWrite(),
        writesCode: () => (mmu.writesCode ? 1 : 0),
      },
      helper,
      ...(stopwatch && { profile: stopwatch.imports }),
    };
  }

  /**
   * Lets the engine run until it leaves, keeps RFLAGS, RIP and the count right, and sets #left.
   * Gives undefined where flags changed in a way that {@link run} must look at.
   */
  #enter(budget: number, watch: Breakpoints | undefined): Exit | undefined {
    const words = this.#words;
    const rflags = words[RFLAGS >>> 2];
    // RF lasts for one instruction, which can see nothing of it
    words[RFLAGS >>> 2] = rflags & ~FLAG_RF;
    words[FLAGS_KIND >>> 2] = KIND_WORD;
    words[FLAGS_A >>> 2] = rflags & ARITHMETIC_FLAGS;
    words[FLAGS_RESULT >>> 2] = (rflags & 0x40) === 0 ? 1 : 0;
    words[(FLAGS_RESULT >>> 2) + 1] = 0;
    this.#mmu.observe((rflags & FLAG_AC) !== 0, watch);
    const base = this.#retired;
    let left = budget;
    let reason: number;
    do {
      words[POSTPONED >>> 2] = 0;
      words[STACK_LIMIT >>> 2] = 0;
      words[RUN_BUDGET >>> 2] = left;
      const retired = base + budget - left;
      words[RETIRED_BASE >>> 2] = lowWord(retired);
      words[(RETIRED_BASE >>> 2) + 1] = Math.floor(retired / TWO_32);
      reason = this.#engine.run(left);
      this.#counts.exits[reason]++;
      left = words[REMAINING >>> 2] + words[POSTPONED >>> 2];
      if (reason === LEFT_LOOKUP)
        reason = this.#decode(this.registers.number(RIP_INDEX)) ? LEFT_LOOKUP : LEFT_FAULT;
      if (reason === LEFT_HOT) {
        this.#translate(this.registers.number(RIP_INDEX));
        reason = LEFT_LOOKUP;
      }
    } while ((reason === LEFT_LOOKUP || reason === LEFT_BUDGET) && left > 0);
    const exit = this.#exit(reason);
    // an instruction that left by itself is complete unless it faulted or has no meaning
    if (COMPLETED.has(reason)) left--;
    this.#retired = base + budget - left;
    this.#left = left;
    const unchanged = words[FLAGS_KIND >>> 2] === KIND_WORD;
    const flags = unchanged ? words[FLAGS_A >>> 2] : this.#engine.flags();
    words[RFLAGS >>> 2] = (words[RFLAGS >>> 2] & ~ARITHMETIC_FLAGS) | flags;
    if (reason === LEFT_SYSCALL) this.#completeSyscall();
    return exit;
  }

  #exit(reason: number): Exit | undefined {
    const words = this.#words;
    switch (reason) {
      case LEFT_BUDGET:
        return BUDGET_EXIT;
      case LEFT_SYSCALL:
        this.#ripAfterRecord();
        return SYSCALL_EXIT;
      case LEFT_FLAGS:
        this.#ripAfterRecord();
        return undefined;
      case LEFT_JUMPED:
        return undefined;
      case LEFT_SHADOW:
        this.#ripAfterRecord();
        this.#shadow = true;
        return undefined;
      case LEFT_TRAP:
        this.#ripAfterRecord();
        return {
          reason: 'exception',
          vector: words[EXIT_VECTOR >>> 2],
          errorCode: 0,
          address: 0n,
        };
      case LEFT_INTERRUPT: {
        const instruction = this.#recordAddress();
        this.#ripAfterRecord();
        const vector = words[EXIT_VECTOR >>> 2];
        return { reason: 'interrupt', vector, instruction: BigInt(instruction) };
      }
      case LEFT_FAULT:
        if (words[EXIT_RECORD >>> 2] !== 0) {
          this.registers.setNumber(RIP_INDEX, this.#recordAddress());
        }
        words[RFLAGS >>> 2] |= FLAG_RF;
        return {
          reason: 'exception',
          vector: this.#faultVector(),
          errorCode: words[EXIT_ERROR >>> 2],
          address:
            (BigInt(words[(EXIT_ADDRESS >>> 2) + 1]) << 32n) | BigInt(words[EXIT_ADDRESS >>> 2]),
        };
      default: {
        const address = this.#recordAddress();
        this.registers.setNumber(RIP_INDEX, address);
        const bytes = this.#fetch(address);
        const { text, length } = this.#decoder.describe(bytes, address);
        return {
          reason: 'unimplemented',
          address: BigInt(address),
          bytes: bytes.slice(0, length),
          text,
        };
      }
    }
  }

  /** An address that is not canonical is #SS where the stack segment was used, else #GP. */
  #faultVector(): number {
    const vector = this.#words[EXIT_VECTOR >>> 2];
    if (vector !== VECTOR_GP || !this.#mmu.notCanonical) return vector;
    this.#mmu.notCanonical = false;
    const record = this.#words[EXIT_RECORD >>> 2];
    if (record === 0) return vector;
    const stack = usesStackSegment(this.memory.view, record, this.#keys, this.registers);
    return stack ? VECTOR_SS : vector;
  }

  /** RCX = RIP, R11 = RFLAGS. Intel SDM vol. 2B, "SYSCALL". */
  #completeSyscall(): void {
    const words = this.#words;
    words[2] = words[RIP >>> 2];
    words[3] = words[(RIP >>> 2) + 1];
    words[22] = words[RFLAGS >>> 2];
    words[23] = words[(RFLAGS >>> 2) + 1];
  }

  #decodeAt(address: number): boolean {
    const words = this.#words;
    words[EXIT_RECORD >>> 2] = 0;
    if (address >= USER_END) {
      this.#mmu.refuseFetch(words[RIP >>> 2], words[(RIP >>> 2) + 1]);
      return false;
    }
    const frame = this.#mmu.fetch(address);
    if (frame < 0) return false;
    const missing = this.#code.decode(address, frame, (page) => this.#mmu.executable(page));
    if (missing < 0) return true;
    this.#mmu.fetch(missing);
    return false;
  }

  /** Up to fifteen bytes of code. */
  #fetch(address: number): Uint8Array {
    const bytes = new Uint8Array(LONGEST_INSTRUCTION);
    let length = 0;
    for (; length < bytes.length; length++) {
      const frame = this.#mmu.executable(address + length);
      if (frame < 0) break;
      bytes[length] = this.memory.bytes[this.memory.offset(frame) + ((address + length) % 4096)];
    }
    return bytes.subarray(0, length);
  }

  #recordAddress(): number {
    const { view } = this.memory;
    const record = this.#words[EXIT_RECORD >>> 2];
    const next =
      view.getUint32(record + NEXT + 4, true) * TWO_32 + view.getUint32(record + NEXT, true);
    return next - view.getUint8(record + LENGTH);
  }

  #ripAfterRecord(): void {
    const record = this.#words[EXIT_RECORD >>> 2];
    const { view } = this.memory;
    this.#words[RIP >>> 2] = view.getUint32(record + NEXT, true);
    this.#words[(RIP >>> 2) + 1] = view.getUint32(record + NEXT + 4, true);
  }
}

function timedHelpers(
  helpers: Record<string, Helper>,
  stopwatch: Stopwatch | undefined,
): Record<string, Helper> {
  if (stopwatch === undefined) return helpers;
  const timed = (run: Helper): Helper => stopwatch.sampled('helpers', run);
  return Object.fromEntries(Object.entries(helpers).map(([name, run]) => [name, timed(run)]));
}
