// The shape of a region's control flow: numbering, dominators, loops. It decides how blocks nest in
// WebAssembly, which has no goto. After N. Ramsey, "Beyond Relooper" (ICFP 2022).

/** A directed graph on nodes 0 .. n-1 that is entered at node 0. */
export interface Graph {
  /** Successors by node; a node may stand there twice. */
  readonly successors: readonly (readonly number[])[];
}

export interface Flow {
  /** Nodes in reverse postorder: a node comes before its forward successors. */
  readonly order: readonly number[];
  /** Position in {@link order}, or -1 for a node that is not reached. */
  readonly position: readonly number[];
  /** Children in the dominator tree, by ascending position. */
  readonly children: readonly (readonly number[])[];
  /** Is it the target of a back edge? */
  readonly isLoop: readonly boolean[];
  /** Do several forward edges lead to it? */
  readonly isMerge: readonly boolean[];
  /** Edges `from * n + to` that jump into a loop from outside its head: they cannot be nested. */
  readonly irreducible: ReadonlySet<number>;
}

export function analyse({ successors }: Graph): Flow {
  const count = successors.length;
  const order = reversePostorder(successors);
  const position = new Array<number>(count).fill(-1);
  order.forEach((node, at) => {
    position[node] = at;
  });
  const dominator = dominators(successors, order, position);
  const dominates = (above: number, below: number): boolean => {
    let node = below;
    while (position[node] > position[above]) node = dominator[node];
    return node === above;
  };
  const isLoop = new Array<boolean>(count).fill(false);
  const forward = new Array<number>(count).fill(0);
  const irreducible = new Set<number>();
  for (const node of order) {
    for (const next of successors[node]) {
      if (position[next] > position[node]) forward[next]++;
      else if (dominates(next, node)) isLoop[next] = true;
      else irreducible.add(node * count + next);
    }
  }
  const children: number[][] = Array.from({ length: count }, () => []);
  for (const node of order) if (node !== 0) children[dominator[node]].push(node);
  return { order, position, children, isLoop, isMerge: forward.map((n) => n > 1), irreducible };
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const seen = new Set<number>([0]);
  const done: number[] = [];
  const stack = [{ node: 0, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const edges = successors[top.node];
    if (top.next === edges.length) {
      done.push(top.node);
      stack.pop();
      continue;
    }
    // the last successor first, so that the first one follows its predecessor in the order
    const node = edges[edges.length - 1 - top.next++];
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, next: 0 });
  }
  return done.reverse();
}

/** Immediate dominators. K. Cooper, T. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm". */
function dominators(
  successors: readonly (readonly number[])[],
  order: readonly number[],
  position: readonly number[],
): number[] {
  const predecessors: number[][] = successors.map(() => []);
  for (const node of order) for (const next of successors[node]) predecessors[next].push(node);
  const dominator = new Array<number>(successors.length).fill(-1);
  dominator[0] = 0;
  const common = (a: number, b: number): number => {
    let left = a;
    let right = b;
    while (left !== right) {
      while (position[left] > position[right]) left = dominator[left];
      while (position[right] > position[left]) right = dominator[right];
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order) {
      if (node === 0) continue;
      let best = -1;
      for (const before of predecessors[node]) {
        if (dominator[before] >= 0) best = best < 0 ? before : common(before, best);
      }
      if (best !== dominator[node]) {
        dominator[node] = best;
        changed = true;
      }
    }
  }
  return dominator;
}
