// Events of a trace file besides stops at P7: clones, and how they are read and waited for.
import { expect } from 'chai';
import type { HostedProgram } from '../../../kernel-sim/abi/index.js';
import * as abi from '../../../kernel-sim/abi/index.js';
import { call, fork, named, wait } from '../machine.js';
import { CLONE, EXIT, getpid, getuid, POST, PRE, SIGNAL } from './flags.js';
import { it, onRoundRobin } from './schedules.js';
import { calls, O_NONBLOCK, O_RDWR, O_TRUNC, Tracer } from './tracer.js';

/** A tracer with one tracee, frozen before its first call. */
function traced(program: HostedProgram, flags = 0) {
  const tracer = new Tracer();
  return tracer.attach(tracer.child(program), O_RDWR | O_TRUNC | flags);
}

describe('reading events', () => {
  it('never waits, and gives nothing into less than one event', () => {
    const { tracer, trace } = traced(calls(getpid));
    expect(tracer.read(trace, 56).result).to.equal(0);
    tracer.command(trace, PRE);
    expect(tracer.read(trace, 55).result).to.equal(0);
    expect(tracer.read(trace, 100).result).to.equal(56);
    expect(tracer.read(trace, 56).result).to.equal(0);
  });

  it('gives what is left after the tracee has ended', () => {
    const { tracer, trace } = traced(calls(getpid), O_NONBLOCK);
    tracer.command(trace, PRE);
    tracer.pause();
    tracer.command(trace, 0);
    tracer.pause();
    expect(tracer.events(trace)).to.deep.equal([{ cause: PRE, a: 0, b: 0 }]);
    expect(tracer.events(trace)).to.deep.equal([]);
  });
});

describe('clones', () => {
  const forks: HostedProgram = function* (user) {
    const child = yield* fork(user, calls(getuid));
    yield* call(abi.SYS_GETPID);
    return abi.wexitstatus(yield* wait(user, child));
  };

  onRoundRobin('are told and held until the event was read and a command follows', () => {
    const { tracer, trace, pid, regs } = traced(forks);
    tracer.command(trace, POST | CLONE);
    const [event] = tracer.events(trace);
    expect(event.cause).to.equal(CLONE);
    const child = tracer.kernel.contexts.get(event.a);
    expect(child?.ptraceStop).to.equal(true);
    expect(tracer.next(trace, POST | CLONE)).to.equal(POST);
    expect(tracer.registers(regs).rax).to.equal(BigInt(event.a));
    expect(child?.ptraceStop).to.equal(false);
    tracer.command(trace, EXIT);
    expect(tracer.events(trace)[0].a).to.equal(0x100);
    tracer.command(trace, 0);
    expect(tracer.wait(pid)).to.equal(0x100);
  });

  onRoundRobin('can be traced from the first call on', () => {
    const { tracer, trace } = traced(forks);
    tracer.command(trace, CLONE | POST);
    const [{ a: pid }] = tracer.events(trace);
    const own = tracer.open(pid, 'trace', O_RDWR | O_TRUNC);
    const regs = tracer.open(pid, 'regs/int');
    tracer.next(trace, POST);
    expect(tracer.next(own, PRE)).to.equal(PRE);
    expect(tracer.registers(regs).rax).to.equal(BigInt(abi.SYS_GETUID));
    expect(named(tracer.command(own, SIGNAL))).to.equal('ESRCH');
  });

  onRoundRobin('have no registers before they ran: ENOTRECOVERABLE (KP-40)', () => {
    const { tracer, trace } = traced(forks);
    tracer.command(trace, CLONE | POST);
    const [{ a: pid }] = tracer.events(trace);
    const regs = tracer.open(pid, 'regs/int');
    const { result } = tracer.read(regs, abi.IntRegisters.size);
    expect(named(result)).to.equal('ENOTRECOVERABLE');
    const none = new Uint8Array(abi.IntRegisters.size);
    expect(named(tracer.write(regs, none))).to.equal('ENOTRECOVERABLE');
  });

  it('stay held when nobody reads the event, even after the file closes', () => {
    const { tracer, trace } = traced(forks);
    tracer.command(trace, CLONE | POST);
    const child = [...tracer.kernel.contexts].at(-1);
    tracer.close(trace);
    tracer.pause();
    expect(child?.ptraceStop).to.equal(true);
  });

  it('are nothing special unless asked for', () => {
    const { tracer, trace, pid } = traced(forks);
    expect(tracer.next(trace, EXIT)).to.equal(EXIT);
    tracer.command(trace, 0);
    expect(tracer.wait(pid)).to.equal(0x100);
  });

  onRoundRobin('are released when the file closes after the event was read', () => {
    const { tracer, trace } = traced(forks);
    tracer.command(trace, CLONE | POST);
    const [{ a: pid }] = tracer.events(trace);
    tracer.close(trace);
    expect(tracer.kernel.contexts.get(pid)?.ptraceStop).to.equal(false);
  });
});

describe('event queues of a trace file', () => {
  function subscribed(program: HostedProgram) {
    const made = traced(program, O_NONBLOCK);
    const { tracer, trace } = made;
    const at = tracer.user.reserve(8);
    tracer.user.memory.write(at, Buffer.from('event:'));
    const queue = tracer.run(call(abi.SYS_OPEN, at, 6, O_RDWR));
    const event = abi.Event.encode({ id: trace, flags: abi.EVENT_READ, data: 1n });
    expect(tracer.write(queue, event)).to.equal(abi.Event.size);
    return { ...made, queue };
  }

  it('hear of a stop', () => {
    const { tracer, trace, queue } = subscribed(calls(getpid));
    tracer.command(trace, PRE);
    const { bytes } = tracer.read(queue, abi.Event.size);
    expect(abi.Event.decode(bytes).id).to.equal(trace);
    expect(tracer.events(trace)).to.have.length(1);
  });

  it('hear of the end', () => {
    const { tracer, trace, queue } = subscribed(calls(getpid));
    tracer.command(trace, 0);
    expect(tracer.read(queue, abi.Event.size).result).to.equal(abi.Event.size);
    expect(named(tracer.command(trace, 0))).to.equal('ESRCH');
  });

  it('hear once of several events that nobody read', () => {
    const { tracer, trace, queue } = subscribed(calls(getpid, getpid, getpid));
    for (let i = 0; i < 3; i++) {
      tracer.command(trace, PRE);
      tracer.pause();
    }
    expect(tracer.read(queue, 8 * abi.Event.size).result).to.equal(abi.Event.size);
    expect(tracer.events(trace)).to.have.length(3);
  });
});
