// What commands say themselves, without Node's streams, which take a while to load.
import { BrokenPipe, StandardStreams } from '../host/console.js';

const streams = new StandardStreams();

/** Writes a text; a reader that has gone away misses it. */
export function put(stream: 'stdout' | 'stderr', text: string): void {
  try {
    streams.write(stream, Buffer.from(text));
  } catch (error) {
    if (!(error instanceof BrokenPipe)) throw error;
  }
}
