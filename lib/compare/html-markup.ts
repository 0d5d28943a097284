// Markup in which every word is escaped unless it is markup itself: a template's values are text.

export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | readonly Markup[] | undefined;

/** HTML from a template. Strings and numbers are escaped, in attributes as in text. */
export function html(pieces: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const words = pieces.map((piece, index) => piece + valueText(values[index]));
  return new Markup(words.join(''));
}

function valueText(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, which HTML does not allow, become their pictures. */
function escapeText(text: string): string {
  return [...text].map((char) => ENTITIES[char] ?? picture(char)).join('');
}

function picture(char: string): string {
  const code = char.charCodeAt(0);
  if (char === '\n' || char === '\t') return char;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : char;
}
