// C structures as tables: a field is a type at an offset, and a table of fields is the codec of
// its structure. Everything is little-endian.
import { getSignedWord, getWord, setWord, viewOf } from './words.js';

export interface Field<T> {
  readonly offset: number;
  get(view: DataView, base: number): T;
  set(view: DataView, base: number, value: T): void;
}

type Fields = Readonly<Record<string, Field<number> | Field<bigint> | Field<Uint8Array>>>;
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The values of a structure's fields. */
export type Decoded<F> = { readonly [K in keyof F]: ValueOf<F[K]> };

export interface Layout<F> {
  readonly size: number;
  readonly fields: F;
  /** A new structure; what is not named is zero. */
  encode(values: Partial<Decoded<F>>): Uint8Array;
  /** Reads a structure that starts at `offset` of the bytes. */
  decode(bytes: Uint8Array, offset?: number): Decoded<F>;
}

export function layout<F extends Fields>(size: number, fields: F): Layout<F> {
  const entries = Object.entries(fields) as [keyof F, Field<unknown>][];
  return {
    size,
    fields,
    encode(values) {
      const bytes = new Uint8Array(size);
      const view = viewOf(bytes);
      for (const [name, field] of entries) {
        const value = values[name];
        if (value !== undefined) field.set(view, 0, value);
      }
      return bytes;
    },
    decode(bytes, offset = 0) {
      const view = viewOf(bytes);
      // tracers decode registers at every stop: this is several times as fast as fromEntries
      const values = {} as { [K in keyof F]: unknown };
      for (const [name, field] of entries) values[name] = field.get(view, offset);
      return values as Decoded<F>;
    },
  };
}

export function u8(offset: number): Field<number> {
  return {
    offset,
    get: (view, base) => view.getUint8(base + offset),
    set: (view, base, value) => view.setUint8(base + offset, value),
  };
}

export function u16(offset: number): Field<number> {
  return {
    offset,
    get: (view, base) => view.getUint16(base + offset, true),
    set: (view, base, value) => view.setUint16(base + offset, value, true),
  };
}

export function u32(offset: number): Field<number> {
  return {
    offset,
    get: (view, base) => view.getUint32(base + offset, true),
    set: (view, base, value) => view.setUint32(base + offset, value, true),
  };
}

export function i32(offset: number): Field<number> {
  return {
    offset,
    get: (view, base) => view.getInt32(base + offset, true),
    set: (view, base, value) => view.setInt32(base + offset, value, true),
  };
}

/** Sizes, counts and user addresses: unsigned 64-bit words that fit a double. */
export function usize(offset: number): Field<number> {
  return {
    offset,
    get: (view, base) => getWord(view, base + offset),
    set: (view, base, value) => setWord(view, base + offset, value),
  };
}

export function isize(offset: number): Field<number> {
  return {
    offset,
    get: (view, base) => getSignedWord(view, base + offset),
    set: (view, base, value) => setWord(view, base + offset, value),
  };
}

/** Words whose 64 bits all matter. */
export function u64(offset: number): Field<bigint> {
  return {
    offset,
    get: (view, base) => view.getBigUint64(base + offset, true),
    set: (view, base, value) => view.setBigUint64(base + offset, value, true),
  };
}

/** A run of bytes; decoding copies it. */
export function raw(offset: number, length: number): Field<Uint8Array> {
  const slice = (view: DataView, base: number) =>
    new Uint8Array(view.buffer, view.byteOffset + base + offset, length);
  return {
    offset,
    get: (view, base) => slice(view, base).slice(),
    set: (view, base, value) => slice(view, base).set(value.subarray(0, length)),
  };
}
