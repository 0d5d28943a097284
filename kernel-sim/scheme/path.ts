// Paths. The kernel's paths are bytes; here they are byte strings, one character per byte, so that
// ASCII reads as itself and every name survives. Facts: Context::canonicalize of 2019.

/** Text as a path: its UTF-8 bytes. */
export function pathFromText(text: string): string {
  let path = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) path += character;
    else path += String.fromCharCode(...utf8(code));
  }
  return path;
}

function utf8(code: number): number[] {
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 63)];
  const tail = [0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
  if (code < 0x10000) return [0xe0 | (code >> 12), ...tail];
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), ...tail];
}

export function pathFromBytes(bytes: Uint8Array): string {
  let path = '';
  for (const byte of bytes) path += String.fromCharCode(byte);
  return path;
}

export function bytesFromPath(path: string): Uint8Array {
  const bytes = new Uint8Array(path.length);
  for (let i = 0; i < path.length; i++) bytes[i] = path.charCodeAt(i);
  return bytes;
}

/**
 * Makes a path absolute: `foo` below the working directory, `/foo` in its scheme, `bar:foo` as it
 * is. As in Redox, a `..` that climbs out of the root removes the scheme's name with it.
 */
export function canonicalize(path: string, cwd: string): string {
  let full = path;
  if (!path.includes(':')) {
    if (path.startsWith('/')) full = cwd.slice(0, cwd.indexOf(':') + 1) + path;
    else full = `${cwd.endsWith('/') ? cwd : `${cwd}/`}${path}`;
  }
  const parts: string[] = [];
  let skip = 0;
  for (const part of full.split('/').reverse()) {
    if (part === '..') skip++;
    else if (part !== '.' && skip > 0) skip--;
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.length > 0 ? parts.reverse().join('/') : full.slice(0, full.indexOf(':') + 1);
}

/** Divides an absolute path into the scheme's name and what the scheme is asked for. */
export function splitScheme(path: string): [name: string, reference: string] {
  const colon = path.indexOf(':');
  return colon < 0 ? [path, ''] : [path.slice(0, colon), path.slice(colon + 1)];
}
