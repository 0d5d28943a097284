// Guest-physical memory: reference-counted frames of 4 KiB inside one WebAssembly.Memory that
// never grows, so that views of its buffer stay valid. The host commits a page when it is touched.
import {
  CODE_ARENA,
  CODE_ARENA_MAXIMUM,
  CODE_ARENA_MINIMUM,
  CODE_ARENA_SHARE,
  FRAME_NOTES,
  FRAMES,
  NOTE_CODE,
  NOTE_WRITABLE,
  PAGE_SIZE,
} from './layout.js';

const WASM_PAGE = 0x1_0000;
const SMALLEST = CODE_ARENA + CODE_ARENA_MINIMUM + 0x40_0000;
const LARGEST = 0xffff_0000;

/** Thrown by {@link PhysicalMemory.allocate} when every frame is in use. */
export class OutOfMemoryError extends Error {
  constructor(frames: number) {
    super(`all ${frames} frames of guest-physical memory are in use`);
    this.name = 'OutOfMemoryError';
  }
}

/** Frames of guest-physical memory, named by number from 0. */
export class PhysicalMemory {
  readonly memory: WebAssembly.Memory;
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** End of the area for decoded code, which begins at CODE_ARENA. */
  readonly codeArenaEnd: number;
  /** How many frames there are. */
  readonly frames: number;
  /** Frames in use, and the most that ever were. */
  allocated = 0;
  peak = 0;
  /** Told of a write to a frame that holds decoded code, or of its release; set by the CPU. */
  codeChanged: (frame: number) => void = () => {};

  readonly #base: number;
  readonly #references: Uint32Array;
  /** A byte for each frame, in linear memory because the engines read it: see layout.ts. */
  readonly #notes: Uint8Array;
  #fresh = 0;
  #freed: Int32Array;
  #freedCount = 0;

  /**
   * @param size bytes of linear memory, engine area included; rounded to 64 KiB, and to the nearest
   * that there can be
   * @throws RangeError when it is no positive number
   */
  constructor(size = 0x4000_0000) {
    if (!(size > 0)) throw new RangeError(`memory has a number of bytes, not ${size}`);
    const bytes = Math.min(Math.max(size, SMALLEST), LARGEST);
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE) });
    this.buffer = this.memory.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
    const arena = Math.floor((bytes * CODE_ARENA_SHARE) / PAGE_SIZE) * PAGE_SIZE;
    this.codeArenaEnd =
      CODE_ARENA + Math.min(Math.max(arena, CODE_ARENA_MINIMUM), CODE_ARENA_MAXIMUM);
    const left = this.buffer.byteLength - this.codeArenaEnd;
    const notes = Math.ceil(left / PAGE_SIZE / PAGE_SIZE) * PAGE_SIZE;
    this.#base = this.codeArenaEnd + notes;
    this.frames = Math.floor((left - notes) / PAGE_SIZE);
    this.#references = new Uint32Array(this.frames);
    this.#notes = this.bytes.subarray(this.codeArenaEnd, this.codeArenaEnd + this.frames);
    this.view.setUint32(FRAMES, this.#base, true);
    this.view.setUint32(FRAME_NOTES, this.codeArenaEnd, true);
    this.#freed = new Int32Array(1024);
  }

  /** A zeroed frame with one reference. @throws OutOfMemoryError */
  allocate(): number {
    let frame: number;
    if (this.#freedCount > 0) {
      frame = this.#freed[--this.#freedCount];
      const offset = this.offset(frame);
      this.bytes.fill(0, offset, offset + PAGE_SIZE);
    } else if (this.#fresh < this.frames) {
      frame = this.#fresh++;
    } else {
      throw new OutOfMemoryError(this.frames);
    }
    this.#references[frame] = 1;
    this.allocated++;
    if (this.allocated > this.peak) this.peak = this.allocated;
    return frame;
  }

  /** Zeroed frames in a row, with one reference each; the first one. @throws OutOfMemoryError */
  allocateRun(count: number): number {
    const first = this.#fresh;
    // frames that were freed are in no order
    if (!(count <= this.frames - first)) throw new OutOfMemoryError(this.frames);
    this.#fresh += count;
    this.#references.fill(1, first, first + count);
    this.allocated += count;
    this.peak = Math.max(this.peak, this.allocated);
    return first;
  }

  /** One more reference to a frame. */
  share(frame: number): void {
    this.#references[frame]++;
  }

  /** One reference less; the last one frees the frame. */
  release(frame: number): void {
    if (this.#references[frame] === 0) throw new Error(`frame ${frame} is not in use`);
    if (--this.#references[frame] > 0) return;
    if (this.holdsCode(frame)) this.codeChanged(frame);
    if (this.#freedCount === this.#freed.length) {
      const larger = new Int32Array(this.#freed.length * 2);
      larger.set(this.#freed);
      this.#freed = larger;
    }
    this.#freed[this.#freedCount++] = frame;
    this.allocated--;
  }

  references(frame: number): number {
    return this.#references[frame];
  }

  /** Byte offset of a frame in {@link bytes}. */
  offset(frame: number): number {
    return this.#base + frame * PAGE_SIZE;
  }

  /** The frame that holds a byte offset. */
  frameOf(offset: number): number {
    return Math.floor((offset - this.#base) / PAGE_SIZE);
  }

  /** Writes within one frame, dropping what was decoded from it. */
  write(offset: number, source: Uint8Array): void {
    this.bytes.set(source, offset);
    this.touched(this.frameOf(offset));
  }

  /** Says that bytes of a frame were written other than by {@link write}. */
  touched(frame: number): void {
    if (this.holdsCode(frame)) this.codeChanged(frame);
  }

  holdsCode(frame: number): boolean {
    return (this.#notes[frame] & NOTE_CODE) !== 0;
  }

  /** Marks whether instructions were decoded from a frame. For the CPU only. */
  markCode(frame: number, holds: boolean): void {
    if (holds) this.#notes[frame] |= NOTE_CODE;
    else this.#notes[frame] &= ~NOTE_CODE;
  }

  /** Notes that a TLB entry allows writing to a frame. For the MMU only. */
  noteWritable(frame: number): void {
    this.#notes[frame] |= NOTE_WRITABLE;
  }

  /** Takes that note back, and says whether it was there. */
  clearWritable(frame: number): boolean {
    const noted = (this.#notes[frame] & NOTE_WRITABLE) !== 0;
    this.#notes[frame] &= ~NOTE_WRITABLE;
    return noted;
  }
}
