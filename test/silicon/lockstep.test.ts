import { expect } from 'chai';
import { build, needSilicon } from './helper.js';
import { Lockstep } from './lockstep.js';

/** The statically linked programs that are stepped from their first instruction to their last. */
const PROGRAMS = [
  {
    title: 'a program without a C library',
    source: 'programs/freestanding.c',
    compiler: 'gcc',
    flags: ['-O2', '-march=x86-64-v2', '-nostdlib', '-static', '-fno-math-errno'],
  },
  {
    title: 'the same program unoptimised',
    source: 'programs/freestanding.c',
    compiler: 'gcc',
    flags: ['-O0', '-march=x86-64-v2', '-nostdlib', '-static', '-fno-math-errno'],
    name: 'unoptimised',
  },
  {
    title: 'a program with musl',
    source: 'programs/hello.c',
    compiler: 'musl-gcc',
    flags: ['-O2', '-static'],
    status: 7,
  },
  {
    title: 'a program with glibc',
    source: 'programs/hello.c',
    compiler: 'gcc',
    flags: ['-O2', '-static'],
    status: 7,
  },
] as const;

describe('the emulated processor goes along with silicon, instruction by instruction, in', () => {
  needSilicon();

  for (const program of PROGRAMS) {
    for (const engine of [undefined, 'interp', 'translate'] as const) {
      const speed = engine === undefined ? 'stepped' : `at full speed (${engine})`;
      it(`${program.title}, ${speed}`, async function () {
        this.timeout(120_000);
        const name = 'name' in program ? program.name : undefined;
        let path: string;
        try {
          path = build(program.source, program.compiler, program.flags, name);
        } catch (error) {
          console.log(`      skipped: ${program.compiler} cannot build it: ${String(error)}`);
          return this.skip();
        }
        const { mismatch, status } = await new Lockstep([path], engine).run();
        expect(mismatch, mismatch).to.equal(undefined);
        if ('status' in program) expect(status).to.equal(program.status << 8);
      });
    }
  }
});
