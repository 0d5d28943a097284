// File descriptions (what dup and clone share) and descriptor tables. Facts: context/file.rs and
// the file part of context/context.rs, 2019.
import { EBADF, EMFILE } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Descriptors } from '../parts.js';
import type { Syscall } from '../syscall.js';
import type { EventRegistry } from './event-registry.js';
import type { Reply, Scheme } from './scheme.js';
import { settle } from './scheme.js';

/** Descriptors of one process. */
const MAX_FILES = 65536;

export class FileDescription {
  readonly namespace: number;
  /** The scheme's id, part of the name of the file for event queues. */
  readonly schemeId: number;
  readonly scheme: Scheme;
  /** The scheme's handle. */
  readonly handle: number;
  /** O_* flags; O_CLOEXEC belongs to the descriptor and is not here. */
  flags: number;
  #references = 0;

  constructor(namespace: number, schemeId: number, scheme: Scheme, handle: number, flags: number) {
    this.namespace = namespace;
    this.schemeId = schemeId;
    this.scheme = scheme;
    this.handle = handle;
    this.flags = flags >>> 0;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  /** One user less; the last one closes the scheme's handle. */
  release(events: EventRegistry, caller: Context): Reply {
    if (--this.#references > 0) return 0;
    events.forget(this.schemeId, this.handle);
    if (this.scheme.close === undefined) throw new SysError(EBADF);
    return this.scheme.close(this.handle, caller);
  }
}

interface Entry {
  readonly description: FileDescription;
  cloexec: boolean;
}

export class DescriptorTable implements Descriptors {
  readonly #events: EventRegistry;
  readonly #entries: (Entry | undefined)[] = [];
  #users = 1;

  constructor(events: EventRegistry) {
    this.#events = events;
  }

  /** @throws SysError EBADF */
  get(descriptor: number): FileDescription {
    return this.#entry(descriptor).description;
  }

  /** Open descriptors, ascending. */
  *entries(): Iterable<[number, FileDescription]> {
    for (const [descriptor, entry] of this.#entries.entries()) {
      if (entry !== undefined) yield [descriptor, entry.description];
    }
  }

  cloexec(descriptor: number): boolean {
    return this.#entry(descriptor).cloexec;
  }

  setCloexec(descriptor: number, cloexec: boolean): void {
    this.#entry(descriptor).cloexec = cloexec;
  }

  /** Takes the lowest free descriptor that is not below `minimum`. @throws SysError EMFILE */
  add(description: FileDescription, cloexec: boolean, minimum = 0): number {
    let descriptor = minimum;
    while (this.#entries[descriptor] !== undefined) descriptor++;
    return this.insert(descriptor, description, cloexec);
  }

  /** Takes a free descriptor. @throws SysError EMFILE when it is taken or out of range */
  insert(descriptor: number, description: FileDescription, cloexec: boolean): number {
    if (!(descriptor >= 0 && descriptor < MAX_FILES)) throw new SysError(EMFILE);
    if (this.#entries[descriptor] !== undefined) throw new SysError(EMFILE);
    while (this.#entries.length < descriptor) this.#entries.push(undefined);
    this.#entries[descriptor] = { description: description.retain(), cloexec };
    return descriptor;
  }

  /** Frees a descriptor; the caller releases the description. @throws SysError EBADF */
  remove(descriptor: number): FileDescription {
    const { description } = this.#entry(descriptor);
    this.#entries[descriptor] = undefined;
    return description;
  }

  share(): DescriptorTable {
    this.#users++;
    return this;
  }

  copy(): DescriptorTable {
    const table = new DescriptorTable(this.#events);
    for (const entry of this.#entries) {
      const copied = entry && { description: entry.description.retain(), cloexec: entry.cloexec };
      table.#entries.push(copied);
    }
    return table;
  }

  *leave(caller: Context): Syscall<void> {
    if (--this.#users > 0) return;
    yield* this.#closeAll(caller, () => true);
  }

  *closeOnExec(caller: Context): Syscall<void> {
    yield* this.#closeAll(caller, (entry) => entry.cloexec);
  }

  *#closeAll(caller: Context, chosen: (entry: Entry) => boolean): Syscall<void> {
    for (let descriptor = 0; descriptor < this.#entries.length; descriptor++) {
      const entry = this.#entries[descriptor];
      if (entry === undefined || !chosen(entry)) continue;
      this.#entries[descriptor] = undefined;
      try {
        yield* settle(entry.description.release(this.#events, caller));
      } catch (error) {
        // nobody is left to hear of an error in closing
        if (!(error instanceof SysError)) throw error;
      }
    }
  }

  #entry(descriptor: number): Entry {
    const entry = this.#entries[descriptor];
    if (entry === undefined) throw new SysError(EBADF);
    return entry;
  }
}

/** The descriptors of a process, as the table they are. */
export function filesOf(caller: Context): DescriptorTable {
  if (caller.files instanceof DescriptorTable) return caller.files;
  throw new Error('descriptors of another kernel');
}
