// Segments of 64-bit mode and loading their registers: a null selector, or one of the flat descriptors that
// user code may have. Intel SDM vol. 2B, "MOV"; vol. 3A, 3.4.4.
import { FS_BASE, GS_BASE, SELECTORS } from '../layout.js';

const CS = 1;
const SS = 2;
const FS = 4;
const GS = 5;
/** User data, user code, and the user's TLS segment: see Registers.reset. */
const FLAT: ReadonlySet<number> = new Set([0x2b, 0x23, 0x33]);

/** The requested privilege level, which may be any where data is looked at. */
const RPL = 3;

/** 0, or 1 for #GP. */
export function loadSegment(view: DataView, segment: number, selector: number): number {
  const isNull = (selector & 0xfffc) === 0;
  if (segment === CS || (segment === SS && selector !== 0x2b)) return 1;
  if (!isNull && !FLAT.has(selector | RPL)) return 1;
  view.setUint16(SELECTORS + segment * 2, selector, true);
  if (segment === FS) view.setBigUint64(FS_BASE, 0n, true);
  if (segment === GS) view.setBigUint64(GS_BASE, 0n, true);
  return 0;
}

/** Access rights of 64-bit code and of data for users, as LAR shows them. Intel SDM vol. 3A, 3.4.5. */
const CODE_RIGHTS = 0xaf_fb00;
const DATA_RIGHTS = 0xcf_f300;

/** What LAR shows of a segment; 0 where users see none. */
export function segmentRights(view: DataView, selector: number): number {
  const wanted = selector | RPL;
  if (!FLAT.has(wanted)) return 0;
  return wanted === view.getUint16(SELECTORS + CS * 2, true) ? CODE_RIGHTS : DATA_RIGHTS;
}
