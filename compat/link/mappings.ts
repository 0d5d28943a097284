// The mappings of a process. Redox's funmap of 2019 removes a whole mapping by its
// start, Linux's munmap any range of pages, so parts are counted until nothing of one is left.

interface Mapping {
  readonly start: number;
  readonly size: number;
  /** Whether a file was put there, or a part of one. */
  hasFile: boolean;
  /** Bytes not yet unmapped. */
  remaining: number;
}

export class Mappings {
  private readonly byStart = new Map<number, Mapping>();

  add(start: number, size: number): void {
    this.byStart.set(start, { start, size, hasFile: false, remaining: size });
  }

  /** Forgets a range; returns the starts of the mappings of which nothing remains. */
  remove(address: number, size: number): number[] {
    const gone: number[] = [];
    for (const mapping of this.byStart.values()) {
      const overlap = overlapOf(mapping, address, size);
      if (overlap <= 0) continue;
      mapping.remaining -= overlap;
      if (mapping.remaining <= 0) gone.push(mapping.start);
    }
    for (const start of gone) this.byStart.delete(start);
    return gone;
  }

  /** Whether the whole range lies in one of the mappings. */
  covers(address: number, size: number): boolean {
    return this.#around(address, size) !== undefined;
  }

  /** A file, or a part of one, was put into a range. */
  putFile(address: number, size: number): void {
    const mapping = this.#around(address, size);
    if (mapping !== undefined) mapping.hasFile = true;
  }

  /** Whether the range lies in a mapping that holds a file. */
  holdsFile(address: number, size: number): boolean {
    return this.#around(address, size)?.hasFile === true;
  }

  copy(): Mappings {
    const copy = new Mappings();
    for (const mapping of this.byStart.values()) copy.byStart.set(mapping.start, { ...mapping });
    return copy;
  }

  #around(address: number, size: number): Mapping | undefined {
    for (const mapping of this.byStart.values()) {
      if (overlapOf(mapping, address, size) === size) return mapping;
    }
    return undefined;
  }
}

function overlapOf(mapping: Mapping, address: number, size: number): number {
  const end = Math.min(mapping.start + mapping.size, address + size);
  return end - Math.max(mapping.start, address);
}
