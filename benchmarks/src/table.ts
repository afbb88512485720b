/** A result: what was measured, in rows of text. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** As Markdown that can also be read as it is. */
export function printed({ title, columns, rows }: Table): string {
  const width = (column: number): number =>
    Math.max(...[columns, ...rows].map((cells) => (cells[column] ?? '').length), 3);
  const line = (cells: readonly string[]): string =>
    `| ${columns.map((_, at) => (cells[at] ?? '')[at === 0 ? 'padEnd' : 'padStart'](width(at))).join(' | ')} |`;
  const rule = columns.map((_, at) => (at === 0 ? '-'.repeat(width(at)) : `${'-'.repeat(width(at) - 1)}:`));
  return [`### ${title}`, '', line(columns), line(rule), ...rows.map(line)].join('\n');
}
