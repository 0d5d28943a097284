// A process's memory as its own loads and stores see it, for userspace written in TypeScript.
import { type Cpu, PAGE_SIZE } from '../../cpu/index.js';
import { getWord, setWord, type UserMemory } from '../abi/index.js';
import type { Context } from '../context.js';
import { SegmentationFault } from '../error.js';
import { type Access, pageOffset } from '../memory/process-memory.js';

export class HostedMemory implements UserMemory {
  readonly #cpu: Cpu;
  readonly #context: Context;
  readonly #word = new Uint8Array(8);
  readonly #wordView = new DataView(this.#word.buffer);

  constructor(cpu: Cpu, context: Context) {
    this.#cpu = cpu;
    this.#context = context;
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(address, bytes);
    return bytes;
  }

  readInto(address: number, target: Uint8Array): void {
    const done = this.#context.memory.copyOut(address, target);
    if (done < target.length) throw new SegmentationFault(address + done);
  }

  write(address: number, source: Uint8Array): void {
    const done = this.#context.memory.copyIn(address, source, 'write');
    if (done < source.length) throw new SegmentationFault(address + done);
  }

  load8(address: number): number {
    return this.#cpu.memory.bytes[this.#at(address, 'read')];
  }

  load32(address: number): number {
    if (crosses(address, 4)) return this.#loadPieces(address, 4).getUint32(0, true);
    return this.#cpu.memory.view.getUint32(this.#at(address, 'read'), true);
  }

  load64(address: number): bigint {
    if (crosses(address, 8)) return this.#loadPieces(address, 8).getBigUint64(0, true);
    return this.#cpu.memory.view.getBigUint64(this.#at(address, 'read'), true);
  }

  loadNumber(address: number): number {
    if (crosses(address, 8)) return getWord(this.#loadPieces(address, 8), 0);
    return getWord(this.#cpu.memory.view, this.#at(address, 'read'));
  }

  store8(address: number, value: number): void {
    const offset = this.#at(address, 'write');
    this.#cpu.memory.bytes[offset] = value;
    this.#written(offset);
  }

  store32(address: number, value: number): void {
    if (crosses(address, 4)) {
      this.#wordView.setUint32(0, value, true);
      this.write(address, this.#word.subarray(0, 4));
      return;
    }
    const offset = this.#at(address, 'write');
    this.#cpu.memory.view.setUint32(offset, value, true);
    this.#written(offset);
  }

  store64(address: number, value: bigint): void {
    this.#wordView.setBigUint64(0, value, true);
    this.write(address, this.#word);
  }

  storeNumber(address: number, value: number): void {
    if (crosses(address, 8)) {
      setWord(this.#wordView, 0, value);
      this.write(address, this.#word);
      return;
    }
    const offset = this.#at(address, 'write');
    setWord(this.#cpu.memory.view, offset, value);
    this.#written(offset);
  }

  string(address: number, limit = Number.POSITIVE_INFINITY): Uint8Array {
    const bytes: number[] = [];
    while (bytes.length < limit) {
      const byte = this.load8(address + bytes.length);
      if (byte === 0) break;
      bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }

  accessible(address: number, length: number, write: boolean): boolean {
    return this.#context.memory.accessible(address, length, write);
  }

  #at(address: number, access: Access): number {
    const offset = this.#context.memory.translate(address, access);
    if (offset < 0) throw new SegmentationFault(address);
    return offset;
  }

  #loadPieces(address: number, length: number): DataView {
    this.readInto(address, this.#word.subarray(0, length));
    return this.#wordView;
  }

  #written(offset: number): void {
    const { memory } = this.#cpu;
    memory.touched(memory.frameOf(offset));
  }
}

const crosses = (address: number, length: number): boolean =>
  pageOffset(address) + length > PAGE_SIZE;
