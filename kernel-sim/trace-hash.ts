// A fingerprint of a run: every time the CPU comes back to the kernel, every switch and every end of
// a context, each with the instructions retired until then. Runs that differ anywhere differ here.

/** What happened to a context. */
export const TRACE = {
  switched: 1,
  preempted: 2,
  slept: 3,
  exited: 4,
  budget: 5,
  syscall: 6,
  interrupt: 7,
  exception: 8,
} as const;

export class TraceHash {
  #low = 0x5bd1_e995;
  #high = 0x1b87_3593;

  /** @param detail what else tells this moment from others: a status, a call's number */
  note(what: number, pid: number, retired: number, detail = 0): void {
    this.#mix(retired);
    this.#mix(Math.imul(pid, 16) + what);
    if (detail !== 0) this.#mix(detail);
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    const high = finish(this.#high ^ (this.#low >>> 15));
    const low = finish(this.#low ^ (this.#high >>> 13));
    return digits(high) + digits(low);
  }

  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x85eb_ca6b);
    this.#low ^= this.#low >>> 13;
    this.#high = Math.imul(this.#high ^ word, 0xc2b2_ae35);
    this.#high = (this.#high ^ (this.#high >>> 16)) + this.#low;
  }
}

/** MurmurHash3's finalizer. */
function finish(word: number): number {
  const first = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2_ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

const digits = (word: number): string => word.toString(16).padStart(8, '0');
