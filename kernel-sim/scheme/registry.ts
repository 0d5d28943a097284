// The schemes of a machine and the namespaces that name them. Facts: scheme/mod.rs of 2019.
import { EEXIST, ENODEV } from '../abi/index.js';
import { SysError } from '../error.js';
import type { Scheme } from './scheme.js';

/** The namespace with no names, and the one that processes start in. */
export const NULL_NAMESPACE = 0;
export const ROOT_NAMESPACE = 1;

export class SchemeRegistry {
  readonly #schemes = new Map<number, Scheme>();
  readonly #namespaces = new Map<number, Map<string, number>>([
    [NULL_NAMESPACE, new Map()],
    [ROOT_NAMESPACE, new Map()],
  ]);
  readonly #populate: (namespace: number) => void;
  #nextScheme = 1;
  #nextNamespace = ROOT_NAMESPACE + 1;

  /** @param populate adds the schemes that each namespace has of its own */
  constructor(populate: (registry: SchemeRegistry, namespace: number) => void) {
    this.#populate = (namespace) => populate(this, namespace);
    this.#populate(ROOT_NAMESPACE);
  }

  /** Adds a scheme under a name; `create` is told its id. @throws SysError EEXIST */
  insert<T extends Scheme>(namespace: number, name: string, create: (id: number) => T): T {
    const names = this.#names(namespace);
    if (names.has(name)) throw new SysError(EEXIST);
    const id = this.#nextScheme++;
    const scheme = create(id);
    this.#schemes.set(id, scheme);
    names.set(name, id);
    return scheme;
  }

  get(id: number): Scheme | undefined {
    return this.#schemes.get(id);
  }

  /** The id of a named scheme. @throws SysError ENODEV */
  find(namespace: number, name: string): number {
    const id = this.#namespaces.get(namespace)?.get(name);
    if (id === undefined) throw new SysError(ENODEV);
    return id;
  }

  names(namespace: number): Iterable<string> {
    return this.#names(namespace).keys();
  }

  /** Removes a name; who holds the scheme's files keeps them. */
  remove(namespace: number, name: string): void {
    this.#names(namespace).delete(name);
  }

  /**
   * A namespace with what each has, and some names of another. @throws SysError ENODEV when one of
   * these is missing, EEXIST when it has them already
   */
  derive(namespace: number, names: readonly string[]): number {
    const derived = this.#nextNamespace++;
    const chosen = new Map<string, number>();
    this.#namespaces.set(derived, chosen);
    this.#populate(derived);
    for (const name of names) {
      const id = this.find(namespace, name);
      if (chosen.has(name)) throw new SysError(EEXIST);
      chosen.set(name, id);
    }
    return derived;
  }

  #names(namespace: number): Map<string, number> {
    const names = this.#namespaces.get(namespace);
    if (names === undefined) throw new SysError(ENODEV);
    return names;
  }
}
