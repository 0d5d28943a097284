// Blocks and loops of WebAssembly around the nodes of a region's flow, and the branches between them.
// After N. Ramsey, "Beyond Relooper" (ICFP 2022).
import type { Code } from '../wasm/code.js';
import type { Flow } from './flow.js';

interface Label {
  readonly node: number;
  /** Depth of the code inside the block or loop. */
  readonly depth: number;
}

export class Nesting {
  readonly #code: Code;
  readonly #flow: Flow;
  readonly #root: number;
  /** Local that holds which entry the root shall go on to. */
  readonly #entry: number;
  readonly #emitNode: (node: number) => void;
  /** Labels of open blocks and loops, innermost last. */
  readonly #loops: Label[] = [];
  readonly #merges: Label[] = [];

  /** @param emitNode emits a node's own code, which leads on by the methods of this */
  constructor(
    code: Code,
    flow: Flow,
    { root, entry }: { readonly root: number; readonly entry: number },
    emitNode: (node: number) => void,
  ) {
    this.#code = code;
    this.#flow = flow;
    this.#root = root;
    this.#entry = entry;
    this.#emitNode = emitNode;
  }

  emit(): void {
    this.tree(this.#root);
  }

  /** A node and all that it dominates. */
  tree(node: number): void {
    const merges = this.#flow.children[node].filter((child) => this.#flow.isMerge[child]);
    const position = (child: number): number => this.#flow.position[child];
    merges.sort((a, b) => position(b) - position(a));
    if (!this.#flow.isLoop[node]) {
      this.#within(node, merges);
      return;
    }
    this.#code.loop();
    this.#loops.push({ node, depth: this.#code.depth });
    this.#within(node, merges);
    this.#loops.pop();
    this.#code.end();
  }

  /** Does an edge lead back to a node that is open? */
  isBack(from: number, to: number): boolean {
    return this.#flow.position[to] <= this.#flow.position[from];
  }

  /** Branches to a node that is open: a loop's head, one where ways meet, or by way of the root. */
  branch(from: number, to: number): void {
    if (this.#flow.isDispatched(from, to)) {
      this.#code.i32(this.#flow.entries.indexOf(to)).set(this.#entry);
      this.#code.br(this.#depthOf(this.#loops, this.#root));
      return;
    }
    this.#code.br(this.#depthOf(this.isBack(from, to) ? this.#loops : this.#merges, to));
  }

  /** A node, inside a block for each of the merge nodes that it dominates: the last one outermost. */
  #within(node: number, merges: readonly number[]): void {
    if (merges.length === 0) {
      if (node === this.#root) this.#dispatch();
      else this.#emitNode(node);
      return;
    }
    const [last, ...rest] = merges;
    this.#code.block();
    this.#merges.push({ node: last, depth: this.#code.depth });
    this.#within(node, rest);
    this.#merges.pop();
    this.#code.end();
    this.tree(last);
  }

  /** The root: on to the entry that is asked for. */
  #dispatch(): void {
    const { entries } = this.#flow;
    if (entries.length === 1) {
      this.tree(entries[0]);
      return;
    }
    const labels = entries.map((entry) => this.#depthOf(this.#merges, entry));
    this.#code.get(this.#entry).brTable(labels, labels[0]);
  }

  /** How far out the label of a node is. */
  #depthOf(labels: readonly Label[], node: number): number {
    const label = labels.find((open) => open.node === node);
    if (label === undefined) throw new Error('an edge to a block that is not open');
    return this.#code.depth - label.depth;
  }
}
