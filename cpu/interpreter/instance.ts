// The interpreter's module made to run: from bytes built beforehand, or built on the spot.
import { generateInterpreter, handlersDigest } from './generate.js';

export interface EngineExports {
  /** Enters at RIP with a budget; gives an exit code. */
  run(budget: number): number;
  /** The six arithmetic flags. */
  flags(): number;
  /** Tells for which table of handlers the module was built. */
  digest(): number;
}

/** The interpreter from `prebuilt` if that is of these handlers, else built now. */
export function instantiate({
  keys,
  imports,
  prebuilt,
  countsRegions,
}: {
  readonly keys: readonly string[];
  readonly imports: WebAssembly.Imports;
  readonly prebuilt: BufferSource | undefined;
  readonly countsRegions: boolean;
}): EngineExports {
  const engineOf = (bytes: BufferSource): EngineExports =>
    new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
      .exports as unknown as EngineExports;
  if (prebuilt !== undefined) {
    try {
      const engine = engineOf(prebuilt);
      if (engine.digest() === handlersDigest(keys)) return engine;
    } catch (error) {
      // built from another version of the helpers
      if (!(error instanceof WebAssembly.LinkError)) throw error;
    }
  }
  return engineOf(generateInterpreter(countsRegions));
}
