// The shape of a region's control flow: numbering, dominators, loops. It decides how blocks nest in
// WebAssembly, which has no goto. After N. Ramsey, "Beyond Relooper" (ICFP 2022).

/** A directed graph on nodes 0 .. n-1. */
export interface Graph {
  /** Successors by node; a node may stand there twice. */
  readonly successors: readonly (readonly number[])[];
  /** Nodes at which it is entered. */
  readonly entries: readonly number[];
}

/** Node n is the root: from there control is dispatched to the entries. */
export interface Flow {
  /** The graph's, then targets of edges into loops past their heads: to those, too, the root leads. */
  readonly entries: readonly number[];
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
  /** Does an edge have to go through the root, because it cannot be nested? */
  readonly isDispatched: (from: number, to: number) => boolean;
}

export function analyse({ successors, entries }: Graph): Flow {
  const all = new Set(entries);
  for (;;) {
    const { dispatched, ...flow } = nest([...successors, [...all]]);
    const count = successors.length + 1;
    const targets = [...dispatched].map((edge) => edge % count).filter((to) => !all.has(to));
    if (targets.length === 0) {
      const isDispatched = (from: number, to: number): boolean => dispatched.has(from * count + to);
      return { ...flow, entries: [...all], isDispatched };
    }
    for (const target of targets) all.add(target);
  }
}

/** The flow of a graph whose last node is the root, and its edges `from * n + to` that do not nest. */
function nest(successors: readonly (readonly number[])[]) {
  const count = successors.length;
  const root = count - 1;
  const order = reversePostorder(successors, root);
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
  const dispatched = new Set<number>();
  for (const node of order) {
    for (const next of successors[node]) {
      if (position[next] > position[node]) forward[next]++;
      else if (dominates(next, node)) isLoop[next] = true;
      else dispatched.add(node * count + next);
    }
  }
  const children: number[][] = Array.from({ length: count }, () => []);
  for (const node of order) if (node !== root) children[dominator[node]].push(node);
  isLoop[root] = dispatched.size > 0;
  const isMerge = forward.map((n) => n > 1);
  // what is dispatched to is told by a label
  if (successors[root].length > 1) for (const entry of successors[root]) isMerge[entry] = true;
  return { order, position, children, isLoop, isMerge, dispatched };
}

function reversePostorder(successors: readonly (readonly number[])[], root: number): number[] {
  const seen = new Set<number>([root]);
  const done: number[] = [];
  const stack = [{ node: root, next: 0 }];
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
  const [root] = order;
  dominator[root] = root;
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
      if (node === root) continue;
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
