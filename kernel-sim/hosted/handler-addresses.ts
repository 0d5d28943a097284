// Signal handlers written in TypeScript have no address in the machine; they are given one,
// outside of every image, that means them in all processes of a kernel.
import type { SystemCalls } from '../abi/index.js';

export type Handler = (signal: number) => SystemCalls<void>;

const FIRST = 0x7000_0000_0000;

export class HandlerAddresses {
  readonly #handlers: Handler[] = [];

  addressOf(handler: Handler): number {
    const known = this.#handlers.indexOf(handler);
    return FIRST + (known >= 0 ? known : this.#handlers.push(handler) - 1) * 16;
  }

  get(address: number): Handler | undefined {
    return this.#handlers[(address - FIRST) / 16];
  }
}
