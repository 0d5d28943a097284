// The five rules that keep the layers honest, checked against the TypeScript sources' imports.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const repository = fileURLToPath(new URL('../../', import.meta.url));

const LAYERS = [
  'cpu',
  'kernel-sim/abi',
  'kernel-sim',
  'compat',
  'lib',
  'examples',
  'test',
] as const;
type Layer = (typeof LAYERS)[number];

/** What each layer may import besides itself; packages are named as on the command line of npm. */
const ALLOWED: Record<Layer, readonly string[]> = {
  cpu: ['iced-x86'],
  'kernel-sim/abi': [],
  'kernel-sim': ['cpu', 'kernel-sim/abi'],
  compat: ['kernel-sim/abi'],
  lib: [
    'cpu',
    'kernel-sim',
    'kernel-sim/abi',
    'compat',
    'node',
    'commander',
    'esbuild',
    'picocolors',
    'cli-table3',
  ],
  examples: ['relibc-ptrace', 'lib', 'node'],
  test: [
    'cpu',
    'kernel-sim',
    'kernel-sim/abi',
    'compat',
    'lib',
    'examples',
    'relibc-ptrace',
    'node',
    'mocha',
    'chai',
    'sinon',
    'fast-check',
    'iced-x86',
    'picocolors',
    'cli-table3',
  ],
};
const HOST_FREE: readonly Layer[] = ['cpu', 'kernel-sim/abi', 'kernel-sim', 'compat'];

/** Words of JavaScript and of Node that bring in time, chance or the host. */
const OF_THE_HOST: readonly RegExp[] = [
  /\bDate\b/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bPromise\b/,
  /\basync\b/,
  /(?<![#.])\bawait\b/,
  /(?<!\.)\bprocess\.(?:env|argv|std|nextTick|hrtime|exit|on|cwd|version|platform)\b/,
  /\bBuffer\b/,
  /\brequire\s*\(''/,
  /\bglobalThis\b/,
  /\bconsole\.(?:log|error|warn|info|debug)\b/,
];

function sources(directory: string): string[] {
  return readdirSync(join(repository, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => `${directory}/${name.split(sep).join('/')}`);
}

/** The source without comments and without the text of strings; `keepStrings` leaves the latter. */
function strip(source: string, keepStrings: boolean): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;
  return source.replace(tokens, (token) => (token[0] === '/' ? ' ' : keepStrings ? token : "''"));
}

function importsOf(file: string): string[] {
  const source = strip(readFileSync(join(repository, file), 'utf8'), true);
  const specifiers = /\bfrom\s*['"]([^'"\n]+)['"]|\bimport\s*\(?\s*['"]([^'"\n]+)['"]/g;
  return [...source.matchAll(specifiers)].map((match) => match[1] ?? match[2] ?? '');
}

function layerOf(path: string): Layer {
  const layers = LAYERS.filter((layer) => path === layer || path.startsWith(`${layer}/`));
  const layer = layers.sort((a, b) => b.length - a.length)[0];
  if (layer === undefined) throw new Error(`${path} is in no layer`);
  return layer;
}

/** The layer, package or `node` that an import names. */
function origin(file: string, specifier: string): string {
  if (specifier.startsWith('.')) {
    return layerOf(relative(repository, join(repository, dirname(file), specifier)));
  }
  if (isBuiltin(specifier)) return 'node';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function imports(layer: Layer): { file: string; specifier: string; origin: string }[] {
  return sources(layer)
    .filter((file) => layerOf(file) === layer)
    .flatMap((file) =>
      importsOf(file).map((specifier) => ({ file, specifier, origin: origin(file, specifier) })),
    );
}

function violations(layer: Layer, allowed: readonly string[]): string[] {
  return imports(layer)
    .filter((found) => found.origin !== layer && !allowed.includes(found.origin))
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
}

describe('layers', () => {
  for (const layer of LAYERS) {
    const allowed = ALLOWED[layer];
    it(`${layer} imports nothing but ${['itself', ...allowed].join(', ')}`, () => {
      expect(sources(layer)).to.not.deep.equal([]);
      expect(violations(layer, allowed)).to.deep.equal([]);
    });
  }

  it('only compat speaks of relibc: the kernel bends for no library', () => {
    const mentions = sources('kernel-sim').filter((file) =>
      /\brelibc\b|\bPTRACE_(TRACEME|PEEK|POKE|GETREGS|O_)/i.test(
        strip(readFileSync(join(repository, file), 'utf8'), false),
      ),
    );
    expect(mentions).to.deep.equal([]);
  });

  it('only cpu decodes instructions', () => {
    for (const layer of ['kernel-sim', 'compat'] as const) {
      expect(imports(layer).filter((found) => found.origin === 'iced-x86')).to.deep.equal([]);
    }
  });

  it('crosses into another layer by its index only', () => {
    const inside = LAYERS.filter((layer) => layer !== 'test').flatMap((layer) =>
      imports(layer)
        .filter((found) => found.specifier.startsWith('.') && found.origin !== layer)
        .filter((found) => !/\/(index|abi\/[\w-]+)\.js$/.test(found.specifier))
        .map(({ file, specifier }) => `${file} imports ${specifier}`),
    );
    expect(inside).to.deep.equal([]);
  });

  for (const layer of HOST_FREE) {
    it(`${layer} uses no clock, randomness, promise or host object`, () => {
      const found = sources(layer)
        .filter((file) => layerOf(file) === layer)
        .flatMap((file) =>
          strip(readFileSync(join(repository, file), 'utf8'), false)
            .split('\n')
            .filter((line) => OF_THE_HOST.some((word) => word.test(line)))
            .map((line) => `${file}: ${line.trim()}`),
        );
      expect(found).to.deep.equal([]);
    });

    it(`${layer} loads where there is nothing of Node`, () => {
      const index = new URL(`../${layer}/index.js`, import.meta.url);
      expect(existsSync(index)).to.equal(true);
      const script = `
        for (const name of ['process', 'Buffer', 'require', 'global', 'setTimeout', 'setImmediate',
          'setInterval', 'queueMicrotask', 'performance', 'fetch', 'console']) delete globalThis[name];
        Math.random = undefined;
        globalThis.Date = undefined;
        await import(${JSON.stringify(index.href)});`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        env: {},
      });
      expect(run.stderr).to.equal('');
      expect(run.status).to.equal(0);
    });
  }
});
