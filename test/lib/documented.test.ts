// The library's declarations, as an editor shows them: whatever it exports is explained.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';

interface Exported {
  readonly name: string;
  /** Of the file that declares it, or passes it on. */
  readonly file: URL;
}

const EXPORTS = /export (?:type )?(?:\*|\{([^}]*)\}) from [']([^']+)[']/g;

/** What a file of declarations passes on, by the files it says it comes from. */
function exportsOf(file: URL): Exported[] {
  return [...readFileSync(file, 'utf8').matchAll(EXPORTS)].flatMap(([, list, path = '']) => {
    const from = new URL(path.replace(/\.js$/, '.d.ts'), file);
    if (list === undefined) return exportsOf(from);
    const names = list.split(',').map((name) => name.trim().replace(/^type /, ''));
    return names.filter(Boolean).map((name) => ({ name, file: from }));
  });
}

/** Whether a comment stands before a declaration, wherever it is. */
function isDocumented({ name, file }: Exported): boolean {
  const kinds = 'const|function|class|interface|type';
  const declaration = new RegExp(`^export (?:declare )?(?:abstract )?(?:${kinds}) ${name}\\b`, 'm');
  const text = readFileSync(file, 'utf8');
  const found = declaration.exec(text);
  if (found !== null) return text.slice(0, found.index).trimEnd().endsWith('*/');
  const further = exportsOf(file).find((exported) => exported.name === name);
  if (further === undefined) throw new Error(`where is ${name}?`);
  return isDocumented(further);
}

describe('the library', () => {
  it('explains everything that it exports', () => {
    const all = exportsOf(new URL('../../lib/index.d.ts', import.meta.url));
    expect(all.length).to.be.greaterThan(200);
    expect(all.filter((one) => !isDocumented(one)).map(({ name }) => name)).to.deep.equal([]);
  });
});
