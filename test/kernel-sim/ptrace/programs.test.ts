import { expect } from 'chai';
import type { HostedProgram, SystemCalls, Userspace } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, close, dup, fork, named, open, read, run, wait, write } from '../machine.js';
import { POST, PRE } from './flags.js';
import { it } from './schedules.js';
import { calls } from './tracer.js';

const { O_NONBLOCK, O_RDWR, O_TRUNC } = abi;

function* command(user: Userspace, trace: number, word: number): SystemCalls<number> {
  const bytes = new Uint8Array(8);
  bytes.set([word & 0xff, word >> 8]);
  return yield* write(user, trace, bytes);
}

function* cause(user: Userspace, trace: number): SystemCalls<number> {
  const { bytes } = yield* read(user, trace, abi.PtraceEvent.size);
  return bytes.length === 0 ? 0 : abi.PtraceEvent.decode(bytes).cause;
}

/** Stops itself, as whoever wants to be traced, and then goes on. */
function stopping(program: HostedProgram): HostedProgram {
  return function* (user, argv) {
    yield* call(abi.SYS_KILL, yield* call(abi.SYS_GETPID), abi.SIGSTOP);
    return yield* program(user, argv);
  };
}

/** A child that stopped itself, attached to and continued. */
function* attached(
  user: Userspace,
  program: HostedProgram,
  flags = 0,
): SystemCalls<[number, number]> {
  const child = yield* fork(user, stopping(program));
  expect(yield* wait(user, child, abi.WUNTRACED)).to.equal(0x137f);
  const trace = yield* open(user, `proc:${child}/trace`, O_RDWR | O_TRUNC | flags);
  yield* call(abi.SYS_KILL, child, abi.SIGCONT);
  return [child, trace];
}

describe('a program that traces another one', () => {
  it('writes down its calls and their results', () => {
    const lines: string[] = [];
    run(function* (user) {
      const program = calls({ number: abi.SYS_GETUID }, { number: abi.SYS_CLOSE, a: 99 });
      const [child, trace] = yield* attached(user, program);
      const regs = yield* dup(user, trace, 'regs/int');
      let name = '';
      while ((yield* command(user, trace, PRE | POST)) === 8) {
        const stop = yield* cause(user, trace);
        const { bytes } = yield* read(user, regs, abi.IntRegisters.size);
        const rax = Number(BigInt.asIntN(64, abi.IntRegisters.decode(bytes).rax));
        if (stop === PRE) name = abi.syscallName(rax);
        else lines.push(`${name} = ${named(rax)}`);
      }
      expect(abi.wexitstatus(yield* wait(user, child))).to.equal(2);
      return 0;
    });
    // the call that it sent itself the signal by ends first, as relibc found out
    expect(lines).to.deep.equal([' = 0', 'getuid = 0', 'close = EBADF']);
  });

  it('that is killed while it waits leaves its tracee running and free', () => {
    run(function* (user) {
      const found = { child: 0 };
      const tracer = yield* fork(user, function* (own) {
        const [child, trace] = yield* attached(own, function* () {
          for (let i = 0; i < 200; i++) yield* call(abi.SYS_YIELD);
          return 9;
        });
        found.child = child;
        yield* command(own, trace, abi.PTRACE_STOP_BREAKPOINT);
        return 1;
      });
      for (let i = 0; i < 12; i++) yield* call(abi.SYS_YIELD);
      expect(found.child).to.be.greaterThan(0);
      yield* call(abi.SYS_KILL, tracer, abi.SIGKILL);
      expect(yield* wait(user, tracer)).to.equal(abi.SIGKILL);
      const trace = yield* open(user, `proc:${found.child}/trace`, O_RDWR);
      expect(trace).to.be.greaterThan(0);
      // the orphan is its grandparent's child now
      expect(abi.wexitstatus(yield* wait(user, found.child))).to.equal(9);
      return 0;
    });
  });

  it('shares its trace file with a child, and the session lives until both close it', () => {
    run(function* (user) {
      const [child, trace] = yield* attached(user, calls({ number: abi.SYS_GETUID }));
      const helper = yield* fork(user, function* (own) {
        for (let i = 0; i < 5; i++) yield* call(abi.SYS_YIELD);
        yield* command(own, trace, PRE);
        yield* command(own, trace, 0);
        return 0;
      });
      yield* close(trace);
      expect(named(yield* open(user, `proc:${child}/trace`, O_RDWR))).to.equal('EBUSY');
      expect(abi.wexitstatus(yield* wait(user, child))).to.equal(1);
      yield* wait(user, helper);
      return 0;
    });
  });

  it('follows two at once by an event queue', () => {
    run(function* (user) {
      const queue = yield* open(user, 'event:', O_RDWR);
      const traces: number[] = [];
      for (let i = 0; i < 2; i++) {
        const program = calls({ number: abi.SYS_GETUID }, { number: abi.SYS_GETGID });
        const [, trace] = yield* attached(user, program, O_NONBLOCK);
        yield* write(user, queue, abi.Event.encode({ id: trace, flags: abi.EVENT_READ }));
        yield* command(user, trace, PRE);
        traces.push(trace);
      }
      const stops = new Map(traces.map((trace) => [trace, 0]));
      let remaining = traces.length;
      while (remaining > 0) {
        const { bytes } = yield* read(user, queue, abi.Event.size);
        const { id } = abi.Event.decode(bytes);
        if ((yield* cause(user, id)) === PRE) stops.set(id, (stops.get(id) ?? 0) + 1);
        if (named(yield* command(user, id, PRE)) === 'ESRCH') remaining--;
      }
      expect([...stops.values()]).to.deep.equal([3, 3]);
      return 0;
    });
  });

  it('can be traced itself', () => {
    run(function* (user) {
      const inner: HostedProgram = function* (own) {
        const [child, trace] = yield* attached(own, calls({ number: abi.SYS_GETUID }));
        yield* command(own, trace, PRE);
        yield* close(trace);
        return abi.wexitstatus(yield* wait(own, child));
      };
      const [tracer, trace] = yield* attached(user, inner);
      let stops = 0;
      while ((yield* command(user, trace, PRE)) === 8) {
        yield* cause(user, trace);
        stops++;
      }
      expect(stops).to.be.greaterThan(5);
      expect(abi.wexitstatus(yield* wait(user, tracer))).to.equal(1);
      return 0;
    });
  });
});
