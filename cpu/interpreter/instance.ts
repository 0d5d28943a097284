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

/** What was compiled, by the bytes: compiling takes longer than all else in making a CPU. */
const modules = new WeakMap<BufferSource, WebAssembly.Module>();

function compiled(bytes: BufferSource): WebAssembly.Module {
  const module = modules.get(bytes) ?? new WebAssembly.Module(bytes);
  modules.set(bytes, module);
  return module;
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
    new WebAssembly.Instance(compiled(bytes), imports).exports as unknown as EngineExports;
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
