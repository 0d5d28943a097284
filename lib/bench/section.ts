// One table of the bench: rows of named figures.
import Table from 'cli-table3';

export type Figure = string | number | undefined;

export interface Section {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, Figure>>[];
  readonly notes: readonly string[];
}

function text(figure: Figure): string {
  if (figure === undefined) return '-';
  if (typeof figure === 'string') return figure;
  if (Number.isInteger(figure)) return figure.toLocaleString('en');
  return figure >= 1000 ? Math.round(figure).toLocaleString('en') : figure.toPrecision(3);
}

/** `timesQemu` becomes `times qemu`. */
function heading(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

export function format({ title, rows, notes }: Section): string {
  const keys = Object.keys(rows[0] ?? {});
  const table = new Table({ head: keys.map(heading), style: { head: [], border: [] } });
  for (const row of rows) {
    table.push(
      keys.map((key) => ({
        content: text(row[key]),
        hAlign: typeof row[key] === 'string' ? ('left' as const) : ('right' as const),
      })),
    );
  }
  return [title, table.toString(), ...notes, ''].join('\n');
}
