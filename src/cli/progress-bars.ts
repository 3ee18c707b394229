/** Progress bars on a terminal, one line a channel, redrawn in place; silent where no terminal is. */
import type { BulletinProgress } from '../store/progress.ts'
import { doneOf } from './demo-walk.ts'
import { width } from './table.ts'

const CELLS = 28
const NAME_COLUMNS = 20

export interface Bars {
  draw(progress: BulletinProgress): void
  /** one bar of its own */
  line(name: string, done: number, total: number): void
  end(): void
}

export function bars(terminal: boolean): Bars {
  let drawn = 0
  const redraw = (lines: readonly string[]) => {
    if (!terminal) return
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    process.stdout.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`)
    drawn = lines.length
  }
  return {
    draw: ({ publications }) =>
      redraw(
        publications.map((one) => {
          const total = Object.values(one.deliveries).reduce((sum, n) => sum + n, 0)
          return bar(one.name, doneOf(one.deliveries), total)
        }),
      ),
    line: (name, done, total) => redraw([bar(name, done, total)]),
    end() {
      drawn = 0
    },
  }
}

function bar(name: string, done: number, total: number): string {
  const share = total === 0 ? 0 : done / total
  const full = Math.round(share * CELLS)
  const label = name + ' '.repeat(Math.max(0, NAME_COLUMNS - width(name)))
  return `${label} ${'█'.repeat(full)}${'░'.repeat(CELLS - full)} ${done}/${total}`
}
