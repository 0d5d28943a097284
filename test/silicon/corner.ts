// A case made by hand: a title and some code with the registers and the memory it needs.
import {
  type Case,
  CODE,
  DATA,
  FX_FCW,
  FX_MXCSR,
  MachineState,
  PAGE_SIZE,
  type Patch,
  RFLAGS,
  RIP,
} from './state.js';

export interface Corner extends Case {
  readonly title: string;
}

const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const;
export type Values = Partial<Record<(typeof NAMES)[number] | 'flags' | 'rip', number | bigint>>;

export interface Extra {
  readonly steps?: number;
  readonly memory?: readonly Patch[];
  /** x87 control word. */
  readonly fcw?: number;
  readonly mxcsr?: number;
}

export const MIDDLE = DATA.address + 0x800;
export const DATA_END = DATA.address + DATA.pages * PAGE_SIZE;
export const CODE_END = CODE.address + CODE.pages * PAGE_SIZE;
export const NON_CANONICAL = 0x8000_0000_0000n;
export const AC = 0x4_0202;

export function corner(
  title: string,
  code: string,
  values: Values = {},
  extra: Extra = {},
): Corner {
  const state = new MachineState();
  state.set(RIP, BigInt(values.rip ?? CODE.address + 0x100));
  state.set(RFLAGS, BigInt(values.flags ?? 0x202));
  state.view.setUint16(FX_FCW, extra.fcw ?? 0x37f, true);
  state.view.setUint32(FX_MXCSR, extra.mxcsr ?? 0x1f80, true);
  NAMES.forEach((name, i) => {
    state.set(i, BigInt(values[name] ?? (name === 'rsp' ? MIDDLE : 0)));
  });
  const bytes = new Uint8Array(Buffer.from(code.replaceAll(' ', ''), 'hex'));
  return { title, state, code: bytes, patches: extra.memory ?? [], steps: extra.steps ?? 1 };
}

export const word = (address: number, value: bigint): Patch => ({
  address,
  bytes: new Uint8Array(new BigUint64Array([value]).buffer),
});
