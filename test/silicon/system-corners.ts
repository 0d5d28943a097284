// Cases of far control transfer, of descriptors, and of what user mode may not do.
import {
  AC,
  type Corner,
  corner,
  DATA_END,
  MIDDLE,
  NON_CANONICAL,
  type Values,
  word,
} from './corner.js';
import { CODE, DATA, type Patch } from './state.js';

/** A far pointer at MIDDLE, whose offset has so many bytes. */
function farPointer(bytes: number, selector: number, target = BigInt(CODE.address + 0x40)): Patch {
  const pointer = new Uint8Array(bytes + 2);
  const offset = new Uint8Array(new BigUint64Array([target]).buffer);
  pointer.set(offset.subarray(0, bytes));
  pointer[bytes] = selector;
  return { address: MIDDLE, bytes: pointer };
}

const FAR_SIZES = [
  ['66', 2],
  ['', 4],
  ['48', 8],
] as const;
const FAR_TRANSFERS = ['ff28', 'ff18'].flatMap((opcode) => {
  const values = { rax: MIDDLE, rsp: MIDDLE + 0x100 };
  const far = (what: string, changes: Values, prefix: string, pointer: Patch): Corner =>
    corner(
      `${prefix}${opcode} ${what}`,
      prefix + opcode,
      { ...values, ...changes },
      {
        memory: [pointer],
      },
    );
  return [
    ...FAR_SIZES.flatMap(([prefix, bytes]) => [
      ...[0x33, 0x30, 0x2b, 0, 3, 0x10, 0x53, 7].map((selector) =>
        far(`to selector ${selector.toString(16)}`, {}, prefix, farPointer(bytes, selector)),
      ),
      far('of an unaligned pointer with AC set', { rax: MIDDLE + 1, flags: AC }, prefix, {
        ...farPointer(bytes, 0x33),
      }),
      far('to data', {}, prefix, farPointer(bytes, 0x33, BigInt(DATA.address))),
      far('without a stack', { rsp: DATA.address }, prefix, farPointer(bytes, 0x33)),
    ]),
    far('to a non-canonical address', {}, '48', farPointer(8, 0x33, NON_CANONICAL)),
    far('through a pointer that ends too early', { rax: DATA_END - 8 }, '48', farPointer(8, 0)),
    far('through a pointer that is missing', { rax: 0x1000 }, '48', farPointer(8, 0)),
  ];
});

const SELECTORS = [0, 3, 0x33, 0x30, 0x2b, 0x28, 0x10, 0x18, 0x53, 0x40, 7, 8, 0xfffb];
const DESCRIPTORS = [
  ...['0f02c1', '480f02c1', '660f02c1', '0f03c1', '660f03c1', '0f00e1', '0f00e9'].flatMap((code) =>
    SELECTORS.map((selector) =>
      corner(`${code} of selector ${selector.toString(16)}`, code, {
        ...{ rax: 0x7777_7777_7777_7777n, rcx: selector },
      }),
    ),
  ),
  corner(
    'LAR of a selector in memory',
    '0f0208',
    { rax: MIDDLE },
    { memory: [word(MIDDLE, 0x2bn)] },
  ),
  corner(
    'VERW of a selector in memory',
    '0f0028',
    { rax: MIDDLE },
    { memory: [word(MIDDLE, 0x2bn)] },
  ),
  ...['0fb200', '0fb400', '0fb500'].flatMap((code) =>
    FAR_SIZES.flatMap(([prefix, bytes]) =>
      SELECTORS.map((selector) =>
        corner(
          `${prefix}${code} of selector ${selector.toString(16)}`,
          prefix + code,
          { rax: MIDDLE },
          { memory: [farPointer(bytes, selector)] },
        ),
      ),
    ),
  ),
];

const SYSTEM = [
  ...['6c', '6d', '666d', '6e', '6f', 'f36c', '67f36f'].map((code) =>
    corner(`${code} is refused before it looks at memory`, code, { rcx: 0, rdi: 1, rsi: 1 }),
  ),
  ...['0f07', '480f07', '0f35', '480f35'].map((code) => corner(`${code} is privileged`, code)),
  ...[
    '0faa',
    '0f01c8',
    '0f01c9',
    '0f01ca',
    '0f01cb',
    '0f37',
    '480f37',
    '0f01c2',
    '0f01c3',
    '0f01c4',
  ].map((code) => corner(`${code} is invalid in user mode`, code)),
  ...['0fc730', '0fc738', '660fc730', 'f30fc730', '0f7800', '0f79c0', '660f388000'].map((code) =>
    corner(`${code} is invalid outside of VMX operation`, code, { rax: MIDDLE }),
  ),
  ...['0f1838', '0f1c00', '0f1a00', '0f1d00'].map((code) =>
    corner(`${code} is but a hint`, code, { rax: 0x1234 }),
  ),
];

export const SYSTEM_CORNERS: readonly Corner[] = [...FAR_TRANSFERS, ...DESCRIPTORS, ...SYSTEM];
