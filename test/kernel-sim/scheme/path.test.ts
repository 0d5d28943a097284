import { expect } from 'chai';
import {
  bytesFromPath,
  canonicalize,
  pathFromBytes,
  pathFromText,
} from '../../../kernel-sim/scheme/path.js';

describe('canonical paths', () => {
  const cases = [
    { path: 'foo', cwd: 'file:/home', expected: 'file:/home/foo' },
    { path: '/foo', cwd: 'file:/home', expected: 'file:/foo' },
    { path: 'bar:foo', cwd: 'file:/home', expected: 'bar:foo' },
    { path: './a/../b//c/.', cwd: 'file:', expected: 'file:/b/c' },
    { path: '..', cwd: 'file:/home/user', expected: 'file:/home' },
    { path: '..', cwd: 'file:/home', expected: 'file:' },
    { path: '..', cwd: 'file:', expected: 'file:' },
    { path: '/', cwd: 'file:/home', expected: 'file:' },
  ];
  for (const { path, cwd, expected } of cases) {
    it(`${path} below ${cwd} is ${expected}`, () => {
      expect(canonicalize(path, cwd)).to.equal(expected);
    });
  }

  it('lose the name of the scheme when .. climbs out of it', () => {
    expect(canonicalize('file:/../etc', 'file:')).to.equal('etc');
  });
});

describe('paths as byte strings', () => {
  it('hold the UTF-8 bytes of a text', () => {
    const text = 'aé€😀';
    expect([...bytesFromPath(pathFromText(text))]).to.deep.equal([...Buffer.from(text)]);
  });

  it('survive bytes that are no UTF-8', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(bytesFromPath(pathFromBytes(bytes))).to.deep.equal(bytes);
  });
});
