// Cases that chance would seldom find: traps and their shadows, limits, code that changes itself,
// what 64-bit mode took away. Each is a title and some code with the registers it needs.
import {
  AC,
  CODE_END,
  type Corner,
  corner,
  DATA_END,
  MIDDLE,
  NON_CANONICAL,
  word,
} from './corner.js';
import { CODE, CONSTANTS, DATA } from './state.js';

const TRAPS = [
  corner('INT3 stops after itself', 'cc'),
  corner('INT 3 in two bytes is the same exception', 'cd03'),
  corner('a general INT is refused', 'cd21'),
  corner('MOV SS holds back the trap until the next instruction', '8ed0 90 90', { rax: 0x2b }),
  corner('two loads of SS hold back the trap once', '8ed0 8ed0 90', { rax: 0x2b }, { steps: 2 }),
  corner('a fault behind MOV SS is a fault', '8ed0 0f0b', { rax: 0x2b }),
  corner('INT3 behind MOV SS', '8ed0 cc', { rax: 0x2b }),
  corner('MOV DS holds back nothing', '8ed8 90', { rax: 0x2b }),
  corner('POP SS does not exist in 64-bit mode', '17'),
  corner('MOV SS of a selector that is not there faults', '8ed0 90', { rax: 0x4b }),
  corner('PUSHF under the trap flag pushes it', '9c'),
  corner(
    'POPF sets DF, NT and AC, and the step still ends',
    '9d 90',
    {},
    {
      memory: [word(MIDDLE, 0x4_4602n)],
      steps: 2,
    },
  ),
  corner('POPF sets the trap flag', '9d 90', {}, { memory: [word(MIDDLE, 0x302n)], steps: 2 }),
  corner('POPF cannot change IOPL or IF', '9d', {}, { memory: [word(MIDDLE, 0x3000n)] }),
  corner('POPF toggles ID', '9d', {}, { memory: [word(MIDDLE, 0x20_0202n)] }),
  corner(
    'POPF of 16 bits leaves the upper flags',
    '669d',
    { flags: AC },
    {
      memory: [word(MIDDLE, 0x0n)],
    },
  ),
  corner('HLT is privileged', 'f4'),
  corner('CLI is privileged', 'fa'),
  corner('IN is privileged', 'ec'),
  corner('OUT is privileged', 'ee'),
  corner('reading CR0 is privileged', '0f20c0'),
  corner('RDMSR is privileged', '0f32'),
  corner('WRMSR is privileged', '0f30'),
  corner('LGDT is privileged', '0f0110', { rax: MIDDLE }),
  corner('INVLPG is privileged', '0f0138', { rax: MIDDLE }),
  corner('WBINVD is privileged', '0f09'),
  corner('CLTS is privileged', '0f06'),
];

const ONE_BYTE_INVALID = ['06', '07', '0e', '16', '17', '1e', '1f', '27', '2f', '37', '3f', '60'];
const INVALID = [
  ...[...ONE_BYTE_INVALID, '61', '82c001', '9a', 'ce', 'd401', 'd501', 'd6', 'ea'].map((code) =>
    corner(`${code} is no instruction in 64-bit mode`, `${code}9090909090909090`),
  ),
  corner('UD2 is invalid', '0f0b'),
  corner('LOCK on a register operand is invalid', 'f001c0'),
  corner('LOCK on MOV is invalid', 'f08900', { rax: MIDDLE }),
  corner('LOCK on CMP is invalid even where memory is missing', 'f03900', { rax: 0x1000 }),
  corner('LEA of a register is invalid', '8dc0'),
  corner('MOV CS is invalid', '8ec8'),
  corner('sixteen bytes are too long', `${'66'.repeat(14)}89c0`),
  corner('fifteen bytes are not', `${'66'.repeat(13)}89c0`, { rax: 0x1234 }),
  corner('sixteen bytes are too long even when the last one is invalid', `${'66'.repeat(14)}0f04`),
  corner('fifteen bytes of prefixes are too long', '66'.repeat(15)),
  corner('an invalid opcode behind fourteen prefixes is invalid', `${'66'.repeat(14)}06`),
  corner('0F FF is invalid', '0fffc0'),
  corner('0F 04 is invalid', '0f04'),
  corner('POP with a reg field other than 0 is invalid', '8fc8'),
  corner('FE /2 is invalid', 'fed0'),
  corner('FF /7 is invalid', 'ffffff'),
  corner('C6 /1 is invalid', 'c6c801'),
  corner('CMPXCHG8B of a register is invalid', '0fc7c8'),
  corner('MOVNTI of a register is invalid', '0fc3c0'),
  corner('MOVLPD from a register is invalid', '660f12c0'),
];

const FAULTS = [
  corner('code that ends where nothing is mapped faults there', '48b8 0102', {
    rip: CODE_END - 4,
  }),
  corner('a prefix alone at the end of the mapped code faults after it', '66', {
    rip: CODE_END - 1,
  }),
  corner('an invalid opcode at the end of the mapped code is invalid', '0f0b', {
    rip: CODE_END - 2,
  }),
  corner('executing data faults', '', { rip: MIDDLE }),
  corner('a jump to nothing succeeds, what follows faults', 'ffe0', { rax: 0x1234 }, { steps: 2 }),
  corner('a jump to a non-canonical address faults at the jump', 'ffe0', { rax: NON_CANONICAL }),
  corner('a call to a non-canonical address pushes nothing', 'ffd0', { rax: NON_CANONICAL }),
  corner(
    'RET to a non-canonical address faults at the RET',
    'c3',
    {},
    {
      memory: [word(MIDDLE, NON_CANONICAL)],
    },
  ),
  corner('a non-canonical operand is a general protection fault', '8b00', { rax: NON_CANONICAL }),
  corner('a non-canonical stack operand is a stack fault', '8b4500', { rbp: NON_CANONICAL }),
  corner('PUSH on a non-canonical stack is a stack fault', '50', { rsp: NON_CANONICAL << 1n }),
  corner('PUSH below the mapped stack leaves RSP', '50', { rsp: DATA.address }),
  corner('POP above the mapped stack leaves RSP', '58', { rsp: DATA_END - 4 }),
  corner('POP to memory that is read-only leaves RSP', '8f00', { rax: CONSTANTS.address }),
  corner('POP [RSP] uses the incremented RSP', '8f0424', {}, { memory: [word(MIDDLE, 5n)] }),
  corner('PUSH RSP pushes the old value', '54'),
  corner('PUSH [RSP] reads before it decrements', 'ff3424', {}, { memory: [word(MIDDLE, 5n)] }),
  corner('POP RSP', '5c', {}, { memory: [word(MIDDLE, 0x1234n)] }),
  corner('CALL with a stack that is missing stays', 'e800000000', { rsp: DATA.address }),
  corner('XCHG with read-only memory changes nothing', '8700', { rax: CONSTANTS.address }),
  corner('CMPXCHG writes even when it does not exchange', '0fb108', { rax: CONSTANTS.address }),
  corner('ADD to the end of memory faults beyond it', '480100', { rax: DATA_END - 4 }),
  corner('a read-modify-write across into nothing changes nothing', '488300ff', {
    rax: DATA_END - 1,
  }),
  corner('DIV by zero', 'f7f1', { rax: 1 }),
  corner('IDIV of the smallest number by -1', '48f7f9', { rax: 1n << 63n, rdx: -1, rcx: -1 }),
  corner('DIV whose quotient is too large', 'f7f1', { rax: 0, rdx: 5, rcx: 5 }),
  corner('unaligned access with AC set', '8b00', { rax: MIDDLE + 1, flags: AC }),
  corner('unaligned access to the kernel with AC set', '8b00', { rax: -15, flags: AC }),
  corner('unaligned access across the last canonical address with AC set', '8b00', {
    ...{ rax: NON_CANONICAL - 3n, flags: AC },
  }),
  corner('unaligned access to a non-canonical address with AC set', '8b00', {
    ...{ rax: NON_CANONICAL + 1n, flags: AC },
  }),
  corner('ENTER with a frame that ends off a boundary with AC set', 'c8ffff00', { flags: AC }),
  corner('unaligned PUSH with AC set', '50', { rsp: MIDDLE + 4, flags: AC }),
  corner('MOVAPS of an unaligned operand', '0f2800', { rax: MIDDLE + 8 }),
  corner('MOVUPS of an unaligned operand', '0f1000', { rax: MIDDLE + 8 }),
  corner('CMPXCHG16B of an unaligned operand', '480fc708', { rax: MIDDLE + 8 }),
  corner(
    'LDMXCSR of a reserved bit',
    '0fae10',
    { rax: MIDDLE },
    {
      memory: [word(MIDDLE, 0x1_1f80n)],
    },
  ),
  corner('FXRSTOR of an unaligned image', '0fae08', { rax: MIDDLE + 8 }),
  corner('an unmasked SSE exception', '0f5ec0', {}, { mxcsr: 0x1f00 }),
];

const STRINGS = [
  corner('REP MOVSB with a count of 0 does nothing', 'f3a4', { rsi: 1, rdi: 2 }),
  corner(
    'REP MOVSB steps once per iteration',
    'f3a4 90',
    { rcx: 3, rsi: MIDDLE, rdi: MIDDLE + 1 },
    { steps: 4 },
  ),
  corner(
    'REPNE SCASB stops at a match',
    'f2ae 90',
    { rax: 7, rcx: 9, rdi: MIDDLE },
    { steps: 5, memory: [word(MIDDLE, 0x0707_0000n)] },
  ),
  corner(
    'REP STOSQ backwards',
    'f348ab 90',
    { rax: 0x1122_3344_5566_7788n, rcx: 3, rdi: MIDDLE, flags: 0x602 },
    { steps: 4 },
  ),
  corner(
    'REP MOVSD faults in the middle with the registers of that iteration',
    'f3a5',
    { rcx: 9, rsi: MIDDLE, rdi: DATA_END - 8 },
    { steps: 4 },
  ),
  corner('an address size of 32 bits clears the upper halves', '67a4', {
    rsi: BigInt(MIDDLE) + (5n << 32n),
    rdi: BigInt(MIDDLE + 8) + (6n << 32n),
  }),
  corner(
    'an address size of 32 bits and REP count in ECX',
    '67f3a4 90',
    { rcx: 0xf_0000_0002n, rsi: MIDDLE, rdi: MIDDLE + 8 },
    { steps: 3 },
  ),
  corner('REP with an address size of 32 bits and a count of 0', '67f3a4', {
    ...{ rcx: 0xf_0000_0000n, rsi: -1, rdi: -1 },
  }),
];

const CONTROL = [
  corner('a store to the next instruction is seen by it', 'c60500000000 90 90', {}, { steps: 2 }),
  corner(
    'a store into a later byte of the code is seen',
    'c6050100000031 90 01d8',
    { rax: 0xffff, rbx: 0xf0f },
    { steps: 3 },
  ),
  corner('JRCXZ looks at RCX, with 67 at ECX', '67e305', { rcx: 1n << 32n }),
  corner('LOOP with 67 counts ECX and clears the upper half', '67e205', { rcx: 0xf_0000_0002n }),
  corner('66 before a near jump changes nothing', '66e900010000'),
  corner('66 before a near call changes nothing', '66e800010000'),
  corner('RET with a count', 'c20800', {}, { memory: [word(MIDDLE, 0x1234n)] }),
  corner('ENTER with nesting copies frame pointers', 'c8100003', { rbp: MIDDLE + 0x100 }),
  corner('ENTER of one level', 'c8200001', { rbp: MIDDLE + 0x100 }),
  corner('ENTER in 16 bits', '66c8100002', { rbp: MIDDLE + 0x100 }),
  corner('LEAVE in 16 bits', '66c9', { rbp: MIDDLE + 0x100 }),
  corner(
    'RETF to the same code segment',
    '48cb',
    {},
    {
      memory: [word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0x33n)],
    },
  ),
  corner(
    'IRETQ to the same code segment',
    '48cf',
    {},
    {
      memory: [
        ...[word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0x33n)],
        ...[word(MIDDLE + 16, 0x8d7n), word(MIDDLE + 24, 0x2000_0100n), word(MIDDLE + 32, 0x2bn)],
      ],
    },
  ),
  corner(
    'RETF with a count',
    '48ca1000',
    {},
    {
      memory: [word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0x33n)],
    },
  ),
  corner(
    'RETF of 32 bits',
    'cb',
    {},
    {
      memory: [word(MIDDLE, BigInt(CODE.address) + (0x33n << 32n))],
    },
  ),
  corner('RETF of 16 bits', '66cb', {}, { memory: [word(MIDDLE, 0x33_1234n)] }),
  corner(
    'RETF to a segment that is not there',
    '48cb',
    {},
    {
      memory: [word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0x53n)],
    },
  ),
  corner(
    'RETF to a null segment',
    '48cb',
    {},
    {
      memory: [word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0n)],
    },
  ),
  corner(
    'RETF to a non-canonical address',
    '48cb',
    {},
    {
      memory: [word(MIDDLE, NON_CANONICAL), word(MIDDLE + 8, 0x33n)],
    },
  ),
  corner(
    'IRET of 32 bits',
    'cf',
    {},
    {
      memory: [
        ...[word(MIDDLE, BigInt(CODE.address) + (0x33n << 32n))],
        ...[word(MIDDLE + 8, 0x8d7n + (0x2000_0100n << 32n)), word(MIDDLE + 16, 0x2bn)],
      ],
    },
  ),
  corner(
    'IRETQ with a nested task',
    '48cf',
    { flags: 0x4202 },
    {
      memory: [
        ...[word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0x33n)],
        ...[word(MIDDLE + 16, 0x202n), word(MIDDLE + 24, 0x2000_0100n), word(MIDDLE + 32, 0x2bn)],
      ],
    },
  ),
  corner(
    'IRETQ to a null stack segment',
    '48cf',
    {},
    {
      memory: [
        ...[word(MIDDLE, BigInt(CODE.address)), word(MIDDLE + 8, 0x33n)],
        ...[word(MIDDLE + 16, 0x202n), word(MIDDLE + 24, 0x2000_0100n), word(MIDDLE + 32, 0n)],
      ],
    },
  ),
  corner('ENDBR64 does nothing', 'f30f1efa'),
  corner('RDSSPQ does nothing without shadow stacks', 'f3480f1ec8', { rax: 5 }),
  corner('NOP of many bytes reads no memory', '0f1f00', { rax: 0x1234 }),
  corner('PREFETCH of nothing does not fault', '0f1808', { rax: 0x1234 }),
  corner('90 with REX.B exchanges', '4990', { rax: 5 }),
  corner('BSWAP of 16 bits', '660fc8', { rax: 0x1122_3344 }),
  corner('a REX prefix before a legacy prefix is ignored', '486601d8', { rax: -1, rbx: 1 }),
  corner('SHLD of 16 bits by more than 16', '660fa4c811', { rax: 0x1234, rcx: 0x5678 }),
  corner('BT with a negative bit number in a register', '480fa308', { rax: MIDDLE, rcx: -9 }),
  corner('MOV from a segment register clears the upper half', '8cc8', { rax: -1 }),
  corner('MOV from a segment register of 16 bits does not', '668cc8', { rax: -1 }),
  corner('MOV of a null selector to DS', '8ed8', { rax: 0 }),
  corner('MOV of a data selector to ES', '8ec0 8cc1', { rax: 0x2b }, { steps: 2 }),
];

const SEGMENTS = [
  corner('POP FS of a null selector clears its base', '0fa1', {}, { memory: [word(MIDDLE, 0n)] }),
  corner(
    'POP GS of a data selector clears its base',
    '0fa9',
    {},
    {
      memory: [word(MIDDLE, 0x2bn)],
    },
  ),
  corner('POP FS of 16 bits', '660fa1', {}, { memory: [word(MIDDLE, 0n)] }),
  corner('POP GS of a selector that is not there', '0fa9', {}, { memory: [word(MIDDLE, 0x53n)] }),
  corner('MOV GS from memory', '8e28', { rax: MIDDLE }, { memory: [word(MIDDLE, 0n)] }),
  corner('MOV ES from a register of 64 bits looks at 16 of them', '488ec0', { rax: 0xffff_0000n }),
  corner('MOV DS from a register of 16 bits', '668ed8', { rax: 3 }),
  corner('PUSH FS', '0fa0'),
  corner('PUSH GS of 16 bits', '660fa8'),
  corner('LLDT is privileged', '0f00d0'),
  corner('LTR from memory is privileged', '0f0018', { rax: MIDDLE }),
  corner('LMSW is privileged', '0f01f0'),
  corner('RDPMC is privileged', '0f33'),
  corner('INVD is privileged', '0f08'),
  corner('STI is privileged', 'fb'),
  corner('SWAPGS is privileged', '0f01f8'),
  corner('LIDT is privileged', '0f0118', { rax: MIDDLE }),
  corner('writing DR7 is privileged', '0f23f8'),
  corner('IN from a named port is privileged', 'e460'),
  corner('OUT to a named port is privileged', 'e760'),
];

/** Of an XSAVE area: nothing is in it. */
const emptyHeader = [0, 8, 16].map((at) => word(MIDDLE + 512 + at, 0n));

const X87 = [
  corner('FWAIT raises what is pending', 'd9e8 d9ee def9 9b', {}, { fcw: 0x37b, steps: 4 }),
  corner('FLD onto a full stack', 'd9e8'.repeat(9), {}, { steps: 9 }),
  corner('FSTP from an empty stack', 'dd18', { rax: MIDDLE }),
  corner('FNSTENV', 'd9e8 d930', { rax: MIDDLE }, { steps: 2 }),
  corner('FNSAVE initialises', 'd9eb d9e8 dd30', { rax: MIDDLE }, { steps: 3 }),
  corner('FXSAVE', 'd9eb d9e8 480fae00', { rax: MIDDLE }, { steps: 3 }),
  corner('FXCH of an empty register', 'd9e8 d9c9', {}, { steps: 2 }),
  corner('EMMS empties the tags', 'd9e8 0f77', {}, { steps: 2 }),
  corner(
    'MOVQ to MM0 sets all tags and the exponent',
    'd9e8 0f6f00',
    { rax: MIDDLE },
    {
      steps: 2,
    },
  ),
  corner('XSAVE of an unaligned area', '0fae20', { rbx: 3, rax: MIDDLE + 16 }),
  corner('XSAVE of no component touches the header alone', '0fae23', {
    ...{ rax: 0, rbx: DATA.address - 512 },
  }),
  corner('XSAVE of x87 state touches the legacy region', '0fae23', {
    ...{ rax: 1, rbx: DATA.address - 512 },
  }),
  corner('XSAVE of a read-only area', '0fae23', { rax: 3, rbx: CONSTANTS.address }),
  corner('XRSTOR of an unaligned area', '0fae2b', { rax: 3, rbx: MIDDLE + 16 }),
  corner(
    'XRSTOR initialises what the area lacks, and loads MXCSR all the same',
    'd9e8 0fae2b',
    { rax: 3, rbx: MIDDLE },
    { steps: 2, memory: [...emptyHeader, word(MIDDLE + 24, 0x1fa0n)] },
  ),
  ...[0, 1, 2, 3].map((rax) =>
    corner(
      `XRSTOR of components ${rax}, which the area lacks, at a missing legacy region`,
      '0fae2b',
      { rax, rbx: DATA.address - 512 },
      { memory: [0, 8, 16].map((at) => word(DATA.address + at, 0n)) },
    ),
  ),
  corner(
    'XRSTOR of a reserved bit of MXCSR',
    '0fae2b',
    { rax: 2, rbx: MIDDLE },
    { memory: [...emptyHeader, word(MIDDLE + 24, 0x1_1f80n)] },
  ),
  corner(
    'XRSTOR of a reserved component',
    '0fae2b',
    { rax: 3, rbx: MIDDLE },
    { memory: [...emptyHeader, word(MIDDLE + 512, 1n << 62n)] },
  ),
  corner(
    'XRSTOR of a reserved byte of the header',
    '0fae2b',
    { rax: 3, rbx: MIDDLE },
    { memory: [...emptyHeader, word(MIDDLE + 528, 1n)] },
  ),
  corner('LOCK on XSAVE is invalid', 'f00fae23', { rax: 3, rbx: MIDDLE }),
  corner('XGETBV of a register that does not exist', '0f01d0', { rcx: 5 }),
  corner('XSETBV is privileged', '0f01d1', { rax: 3 }),
  corner('FINCSTP and FDECSTP leave the tags', 'd9e8 d9f7 d9f6 d9f6', {}, { steps: 4 }),
  corner('FCOMI of a NaN', 'd9e8 d9ee d9ee def9 dbf1', {}, { steps: 5 }),
];

export const CORNERS: readonly Corner[] = [
  ...TRAPS,
  ...INVALID,
  ...FAULTS,
  ...STRINGS,
  ...CONTROL,
  ...SEGMENTS,
  ...X87,
];
