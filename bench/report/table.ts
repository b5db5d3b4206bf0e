/**
 * Lines of a table for people: columns as wide as their widest cell, the first to the left, the others to the right.
 */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? ''
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}

/** The same table in Markdown. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const line = (cells: readonly string[]): string => `| ${head.map((_, column) => cells[column] ?? '').join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
