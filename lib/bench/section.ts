// One table of the bench: rows of named figures.
import Table from 'cli-table3';

export type Figure = string | number | undefined;

export interface Section {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, Figure>>[];
  /** Figures about all rows. */
  readonly summary?: Readonly<Record<string, number>>;
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

export function format({ title, rows, summary = {}, notes }: Section): string {
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
  const figures = Object.entries(summary).map(([key, value]) => `${heading(key)}: ${text(value)}`);
  return [title, table.toString(), ...figures, ...notes, ''].join('\n');
}
