// The host's own processor behind stepper.c: cases go out in batches over a pipe, results come back.
import { type ChildProcess, spawn } from 'node:child_process';
import { build, environment } from './helper.js';
import { type Case, MachineState, type Patch, RIP, STATE_SIZE, type Step } from './state.js';

/** DR0-DR3 and DR7. */
const DEBUG = 5 * 8;
const CASE_HEADER = 24 + DEBUG + STATE_SIZE;
const STEP_HEADER = 16 + STATE_SIZE + 8;
const RESULT_HEADER = 8;
const RUN_HEADER = 8;
const padded = (length: number): number => (length + 7) & ~7;

function recordSize({ code, patches }: Case): number {
  let size = CASE_HEADER + padded(code.length);
  for (const patch of patches) size += RUN_HEADER + padded(patch.bytes.length);
  return size;
}

/** The records that stepper.c reads for some cases. */
function encodeCases(cases: readonly Case[]): Uint8Array {
  const records = new Uint8Array(cases.reduce((size, each) => size + recordSize(each), 0));
  const view = new DataView(records.buffer);
  let at = 0;
  for (const { state, code, patches, steps, debug } of cases) {
    const start = at;
    view.setUint32(at + 4, steps, true);
    view.setUint32(at + 8, state.number(RIP), true);
    view.setUint32(at + 12, code.length, true);
    view.setUint32(at + 16, patches.length, true);
    if (debug !== undefined) {
      view.setUint32(at + 20, debug.running ? 1 : 0, true);
      debug.addresses.forEach((address, i) => {
        view.setBigUint64(at + 24 + i * 8, BigInt(address), true);
      });
      view.setBigUint64(at + 24 + 4 * 8, BigInt(debug.control), true);
    }
    records.set(state.bytes, at + 24 + DEBUG);
    records.set(code, at + CASE_HEADER);
    at += CASE_HEADER + padded(code.length);
    for (const { address, bytes } of patches) {
      view.setUint32(at, address, true);
      view.setUint32(at + 4, bytes.length, true);
      records.set(bytes, at + RUN_HEADER);
      at += RUN_HEADER + padded(bytes.length);
    }
    view.setUint32(start, at - start, true);
  }
  return records;
}

function decodeSteps(answer: Buffer, count: number): Step[] {
  // no Buffer from here on: its slice() shares memory where that of an Uint8Array copies
  const bytes = new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const steps: Step[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const changes: Patch[] = [];
    const runs = view.getUint32(at + 16 + STATE_SIZE, true);
    const step = {
      signal: view.getUint32(at, true),
      code: view.getInt32(at + 4, true),
      address: view.getBigUint64(at + 8, true),
      state: new MachineState(bytes.subarray(at + 16, at + 16 + STATE_SIZE)),
      changes,
      dr6: view.getUint32(at + 20 + STATE_SIZE, true),
    };
    at += STEP_HEADER;
    for (let run = 0; run < runs; run++) {
      const address = view.getUint32(at, true);
      const length = view.getUint32(at + 4, true);
      changes.push({ address, bytes: bytes.subarray(at + RUN_HEADER, at + RUN_HEADER + length) });
      at += RUN_HEADER + padded(length);
    }
    steps.push(step);
  }
  return steps;
}

interface Batch {
  readonly expected: number;
  readonly results: Step[][];
  readonly resolve: (results: Step[][]) => void;
  readonly reject: (error: Error) => void;
}

export class NativeProcessor {
  readonly #child: ChildProcess;
  readonly #waiting: Batch[] = [];
  #received: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #complaints = '';

  constructor() {
    this.#child = spawn(build('stepper.c'), {
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString();
    });
    this.#child.stdin?.on('error', () => {}); // the exit below says more
    this.#child.on('exit', (status) => {
      const error = new Error(`stepper exited with ${status}: ${this.#complaints}`);
      for (const batch of this.#waiting.splice(0)) batch.reject(error);
    });
  }

  /** Sets the memory that every later case starts from. */
  setBaseline(patches: readonly Patch[]): void {
    const state = new MachineState();
    this.#send([{ state, code: new Uint8Array(0), patches, steps: 0 }]);
  }

  /** Runs a batch; a second one may be handed over before the first is done. */
  run(cases: readonly Case[]): Promise<Step[][]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ expected: cases.length, results: [], resolve, reject });
      this.#send(cases);
    });
  }

  close(): void {
    this.#child.stdin?.end();
  }

  #send(cases: readonly Case[]): void {
    this.#child.stdin?.write(encodeCases(cases));
  }

  #receive(chunk: Buffer): void {
    let data: Buffer<ArrayBufferLike> =
      this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (data.length >= RESULT_HEADER && this.#waiting.length > 0) {
      const size = data.readUInt32LE(0);
      if (data.length < size) break;
      const batch = this.#waiting[0];
      batch.results.push(decodeSteps(data.subarray(RESULT_HEADER, size), data.readUInt32LE(4)));
      data = data.subarray(size);
      if (batch.results.length === batch.expected) {
        this.#waiting.shift();
        batch.resolve(batch.results);
      }
    }
    this.#received = data;
  }
}
