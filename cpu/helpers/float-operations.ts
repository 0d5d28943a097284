// The numbers by which instructions name floating-point operations to the helpers in float.ts.

export type ArithmeticName = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'sqrt' | 'addsub';

export const ARITHMETIC: readonly ArithmeticName[] = [
  'add',
  'sub',
  'mul',
  'div',
  'min',
  'max',
  'sqrt',
  'addsub',
];

/** Suffixes of instructions: scalar and packed, single and double. */
export type FormatName = 'ss' | 'sd' | 'ps' | 'pd';

export const FORMATS: readonly { name: FormatName; single: boolean; lanes: number }[] = [
  { name: 'ss', single: true, lanes: 1 },
  { name: 'sd', single: false, lanes: 1 },
  { name: 'ps', single: true, lanes: 4 },
  { name: 'pd', single: false, lanes: 2 },
];

export interface Conversion {
  readonly from: 'int32' | 'int64' | 'single' | 'double';
  readonly to: 'int32' | 'int64' | 'single' | 'double';
  /** Rounds toward zero whatever MXCSR says. */
  readonly truncate?: boolean;
}

export const CONVERSIONS: readonly Conversion[] = [
  { from: 'int32', to: 'single' },
  { from: 'int64', to: 'single' },
  { from: 'int64', to: 'double' },
  { from: 'single', to: 'double' },
  { from: 'double', to: 'single' },
  { from: 'single', to: 'int32' },
  { from: 'single', to: 'int64' },
  { from: 'double', to: 'int32' },
  { from: 'double', to: 'int64' },
  { from: 'single', to: 'int32', truncate: true },
  { from: 'single', to: 'int64', truncate: true },
  { from: 'double', to: 'int32', truncate: true },
  { from: 'double', to: 'int64', truncate: true },
];
