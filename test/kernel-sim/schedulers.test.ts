import { expect } from 'chai';
import { RIP } from '../../cpu/index.js';
import type { HostedProgram } from '../../kernel-sim/abi/index.js';
import * as abi from '../../kernel-sim/abi/index.js';
import {
  FileTree,
  nextScript,
  preemptions,
  RandomScheduler,
  RoundRobin,
  type Scheduler,
  ScriptedScheduler,
} from '../../kernel-sim/index.js';
import { call, machine, write } from './machine.js';
import { CODE, elf } from './ptrace/elf.js';

/** Writes a letter in each of its turns, `rounds` times: one step of its own between two of them. */
const letters = (letter: string, rounds: number): HostedProgram =>
  function* (user) {
    for (let i = 0; i < rounds; i++) {
      yield* write(user, 1, letter);
      yield 'pause';
    }
    return 0;
  };

const { cpu } = machine().kernel;

/** Runs programs side by side; what they wrote, and the fingerprint of the run. */
function together(scheduler: Scheduler, ...programs: HostedProgram[]) {
  const { kernel, output } = machine({ scheduler, cpu });
  for (const program of programs) kernel.spawn({ program });
  kernel.run();
  return { text: output.stdout, hash: kernel.statistics.traceHash };
}

const two = (scheduler: Scheduler) => together(scheduler, letters('a', 5), letters('b', 5));

/** Every schedule of some programs: their outputs, in the order in which they were tried. */
function everySchedule(programs: readonly HostedProgram[], mostPreemptions?: number): string[] {
  const texts: string[] = [];
  let script: number[] | undefined = [];
  while (script !== undefined) {
    const scheduler = new ScriptedScheduler(script, { quantum: 1 });
    texts.push(together(scheduler, ...programs).text);
    script = nextScript(scheduler.decisions, mostPreemptions);
  }
  return texts;
}

describe('the round-robin scheduler', () => {
  it('with the quantum of Redox lets short programs run to their end', () => {
    expect(two(new RoundRobin()).text).to.equal('aaaaabbbbb');
  });

  it('with quantum 1 changes after each call and each pause', () => {
    expect(two(new RoundRobin({ quantum: 1 })).text).to.equal('ababababab');
  });

  it('ends a turn with a system call, if told so, but not with a pause', () => {
    const program: HostedProgram = function* () {
      for (let i = 0; i < 3; i++) {
        yield 'pause';
        yield 'pause';
        yield { number: abi.SYS_GETPID };
      }
      return 0;
    };
    const turns = (endsWithCall: boolean) => {
      const { kernel } = machine({ scheduler: new RoundRobin({ endsWithCall }) });
      kernel.spawn({ program });
      kernel.spawn({ program });
      kernel.run();
      return kernel.statistics.contextSwitches;
    };
    // 3 calls of each context, besides its exit
    expect(turns(true) - turns(false)).to.equal(6);
  });

  it('with quantum 1 changes after each instruction of a program', () => {
    const NOPS = 20;
    // nop, 20 times; mov eax, SYS_EXIT; xor edi, edi; syscall
    const code = [...Array(NOPS).fill(0x90), 0xb8, 1, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05];
    const files = new FileTree();
    files.addFile('nops', elf(Uint8Array.from(code)), 0o755);
    const { kernel } = machine({ files, scheduler: new RoundRobin({ quantum: 1 }) });
    const program = kernel.execute({ path: 'file:/nops', argv: [], env: [] });
    const addresses: number[] = [];
    kernel.spawn({
      *program() {
        while (kernel.contexts.living > 1) {
          addresses.push(program.registers.number(RIP) - CODE);
          yield 'pause';
        }
        return 0;
      },
    });
    kernel.run();
    expect(addresses.slice(0, NOPS)).to.deep.equal(Array.from({ length: NOPS }, (_, i) => i + 1));
  });
});

describe('a turn', () => {
  it('has at least one instruction', () => {
    for (const quantum of [0, -1, Number.NaN]) {
      const makers = [
        () => new RoundRobin({ quantum }),
        () => new RandomScheduler(1, { quantum }),
        () => new ScriptedScheduler([], { quantum }),
      ];
      for (const make of makers) expect(make).to.throw(RangeError, 'one instruction or more');
    }
  });
});

describe('the random scheduler', () => {
  it('gives the same run for the same seed', () => {
    for (let seed = 0; seed < 20; seed++) {
      const first = two(new RandomScheduler(seed, { quantum: 300 }));
      expect(two(new RandomScheduler(seed, { quantum: 300 }))).to.deep.equal(first);
    }
  });

  it('gives different runs for different seeds', () => {
    const runs = Array.from({ length: 50 }, (_, seed) =>
      two(new RandomScheduler(seed, { quantum: 300 })),
    );
    expect(new Set(runs.map(({ hash }) => hash)).size).to.equal(50);
    expect(new Set(runs.map(({ text }) => text)).size).to.be.greaterThan(20);
  });

  it('loses nothing that a program does', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { text } = two(new RandomScheduler(seed, { quantum: 1 }));
      expect(text.replaceAll('b', '')).to.equal('aaaaa');
      expect(text.replaceAll('a', '')).to.equal('bbbbb');
    }
  });
});

describe('the fingerprint of a run', () => {
  it('is the same on every try', () => {
    expect(two(new RoundRobin()).hash).to.equal(two(new RoundRobin()).hash);
  });

  it('tells runs apart that write the same', () => {
    const exits = (status: number): HostedProgram =>
      function* () {
        yield* call(abi.SYS_GETPID);
        return status;
      };
    const { hash } = together(new RoundRobin(), exits(1));
    expect(together(new RoundRobin(), exits(2)).hash).to.not.equal(hash);
  });
});

describe('the scripted scheduler', () => {
  it('follows its script, then stays with whoever runs', () => {
    const scheduler = new ScriptedScheduler([1, 1, 0], { quantum: 1 });
    const { text } = together(scheduler, letters('a', 2), letters('b', 2));
    expect(text).to.equal('baab');
  });

  it('reports of every decision how many could run, who was chosen and who ran before', () => {
    const scheduler = new ScriptedScheduler([1, 1, 0], { quantum: 1 });
    together(scheduler, letters('a', 2), letters('b', 2));
    expect(scheduler.decisions.slice(0, 4)).to.deep.equal([
      { what: 'context', runnable: 2, chosen: 1, current: -1 },
      { what: 'context', runnable: 2, chosen: 1, current: 1 },
      { what: 'context', runnable: 2, chosen: 0, current: 1 },
      { what: 'context', runnable: 2, chosen: 0, current: 0 },
    ]);
  });

  it('may fall back to another scheduler', () => {
    const fallback = new RoundRobin();
    const scheduler = new ScriptedScheduler([0, 0, 0], { quantum: 1, fallback });
    expect(two(scheduler).text).to.match(/^aab/);
  });

  it('refuses a choice that there is not', () => {
    const scheduler = new ScriptedScheduler([2]);
    expect(() => two(scheduler)).to.throw(RangeError, 'decision 0 of the script is 2 of 2');
  });

  it('reaches every interleaving of two programs, each once', () => {
    const texts = everySchedule([letters('a', 2), letters('b', 2)]);
    const distinct = new Set(texts);
    expect([...distinct].sort()).to.deep.equal(['aabb', 'abab', 'abba', 'baab', 'baba', 'bbaa']);
  });

  it('counts the schedules of n atomic steps as the binomial coefficient does', () => {
    const steps = (count: number): HostedProgram =>
      function* () {
        for (let i = 1; i < count; i++) yield 'pause';
        return 0;
      };
    // a program of n steps and the exit that ends the last one: C(2n, n)
    expect(everySchedule([steps(2), steps(2)])).to.have.length(6);
    expect(everySchedule([steps(3), steps(3)])).to.have.length(20);
    expect(everySchedule([steps(4), steps(4)])).to.have.length(70);
  });

  it('with a bound preempts no more often than that', () => {
    const programs = [letters('a', 3), letters('b', 3)];
    expect(new Set(everySchedule(programs, 0))).to.deep.equal(new Set(['aaabbb', 'bbbaaa']));
    let script: number[] | undefined = [];
    while (script !== undefined) {
      const scheduler = new ScriptedScheduler(script, { quantum: 1 });
      together(scheduler, ...programs);
      expect(preemptions(scheduler.decisions)).to.be.at.most(1);
      script = nextScript(scheduler.decisions, 1);
    }
  });
});
