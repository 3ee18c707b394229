/** Tables for a terminal, where a Chinese character is two columns wide. */

export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const texts = [header, ...rows].map((row) => row.map(String))
  const widths = header.map((_, column) =>
    Math.max(...texts.map((row) => width(row[column] ?? ''))),
  )
  const numeric = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, numeric[column] ?? false))
      .join('  ')
      .trimEnd()
  const rule = widths.map((size) => '─'.repeat(size)).join('  ')
  const [head = [], ...body] = texts
  return [line(head), rule, ...body.map(line)].join('\n')
}

/** Columns a text takes: wide forms and ideographs take two. */
export function width(text: string): number {
  let columns = 0
  for (const character of text)
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1
  return columns
}

function pad(text: string, size: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, size - width(text)))
  return right ? blanks + text : text + blanks
}
