// Linux's calls on signals, by relibc's functions for Redox. The kernel of 2019 keeps masks and
// flags of actions but heeds neither; handlers run on a signal stack of its own.
import type { SystemCalls } from '../../../kernel-sim/abi/index.js';
import { EINVAL, SIG_DFL, SigAction, SYS_SIGRETURN } from '../../../kernel-sim/abi/index.js';
import { LinuxSigAction } from '../../headers/linux.js';
import { kill, sigaction, sigprocmask } from '../../pal/processes.js';
import type { Handler, LinuxCall } from '../linux-call.js';
import { RSP } from '../registers.js';

/** sigset_t of the kernel: 64 bits. Redox's has 128. */
const SIGSET = 8;
const REDOX_SIGSET = 16;
const STACK_T = 24;
const SS_ONSTACK = 1;
const SS_DISABLE = 2;
/** Where every process of Redox has its signal stack: USER_SIGSTACK_OFFSET of the kernel. */
const SIGNAL_STACK = 0x200_0000_0000;
const SIGNAL_STACK_SIZE = 0x4_0000;

function* rtSigaction(call: LinuxCall): SystemCalls<number> {
  const { libc, user } = call;
  const [signal, action, previous] = [call.int(0), call.value(1), call.value(2)];
  if (call.value(3) !== SIGSET) return libc.fail(EINVAL);
  const wanted = action === 0 ? undefined : readAction(call, action);
  const old = previous === 0 ? 0 : user.reserve(SigAction.size);
  const result = yield* sigaction(
    libc,
    signal,
    wanted === undefined ? 0 : libc.scratch(redoxAction(wanted)),
    old,
    wanted?.sa_restorer ?? 0,
  );
  if (result === -1) return -1;
  if (old !== 0) {
    const { sa_handler, sa_flags, sa_mask_low } = SigAction.decode(
      user.memory.read(old, SigAction.size),
    );
    const found = { sa_handler, sa_flags, sa_mask: sa_mask_low, sa_restorer: 0 };
    user.memory.write(previous, LinuxSigAction.encode(found));
  }
  return result;
}

function readAction({ user }: LinuxCall, address: number): LinuxSigAction {
  return LinuxSigAction.decode(user.memory.read(address, LinuxSigAction.size));
}

function redoxAction({ sa_handler, sa_flags, sa_mask }: LinuxSigAction): Uint8Array {
  return SigAction.encode({ sa_handler: sa_handler ?? SIG_DFL, sa_flags, sa_mask_low: sa_mask });
}

function* rtSigprocmask(call: LinuxCall): SystemCalls<number> {
  const { libc, user } = call;
  const [how, set, previous] = [call.int(0), call.value(1), call.value(2)];
  if (call.value(3) !== SIGSET) return libc.fail(EINVAL);
  const mask = set === 0 ? 0 : user.reserve(REDOX_SIGSET);
  if (mask !== 0) {
    user.memory.store64(mask, user.memory.load64(set));
    user.memory.store64(mask + SIGSET, 0n);
  }
  const old = previous === 0 ? 0 : user.reserve(REDOX_SIGSET);
  const result = yield* sigprocmask(libc, how, mask, old);
  if (result !== -1 && old !== 0) user.memory.store64(previous, user.memory.load64(old));
  return result;
}

/** Ends a handler: the kernel restores what the signal interrupted, and never comes back here. */
function* rtSigreturn(call: LinuxCall): SystemCalls<number> {
  return yield* call.libc.invoke({ number: SYS_SIGRETURN });
}

/**
 * An alternate stack is remembered so that a program reads back what it set. In a handler it is the
 * stack that the handler is on: Redox's own.
 */
function* sigaltstack(call: LinuxCall): SystemCalls<number> {
  const { user, thread } = call;
  const [wanted, previous] = [call.value(0), call.value(1)];
  yield 'pause';
  const rsp = user.registers.number(RSP);
  const handling = rsp >= SIGNAL_STACK && rsp < SIGNAL_STACK + SIGNAL_STACK_SIZE;
  const old = handling ? signalStack() : (thread.alternateStack ?? disabledStack());
  if (wanted !== 0) thread.alternateStack = user.memory.read(wanted, STACK_T);
  if (previous !== 0) user.memory.write(previous, old);
  return 0;
}

function signalStack(): Uint8Array {
  const stack = new Uint8Array(STACK_T);
  const view = new DataView(stack.buffer);
  view.setBigUint64(0, BigInt(SIGNAL_STACK), true);
  view.setUint32(8, SS_ONSTACK, true);
  view.setUint32(16, SIGNAL_STACK_SIZE, true);
  return stack;
}

function disabledStack(): Uint8Array {
  const stack = new Uint8Array(STACK_T);
  stack[8] = SS_DISABLE;
  return stack;
}

export const SIGNAL_CALLS: Readonly<Record<string, Handler>> = {
  rt_sigaction: rtSigaction,
  rt_sigprocmask: rtSigprocmask,
  rt_sigreturn: rtSigreturn,
  sigaltstack,
  kill: (call) => kill(call.libc, call.int(0), call.int(1)),
  tkill: (call) => kill(call.libc, call.int(0), call.int(1)),
  tgkill: (call) => kill(call.libc, call.int(1), call.int(2)),
};
