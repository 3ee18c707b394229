/** Reads the working tree as the laws see it: every text file that is ours, by its path. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tree } from './laws.ts'

/** Not ours, not text, or made by a run; matched against a path from the root. */
const OUTSIDE =
  /(?:^|\/)(?:node_modules|package-lock\.json)$|^(?:\.git|data|dist|coverage)$|^LICENSE$|^test\/golden$/
const TEXT = /\.(?:ts|tsx|mts|mjs|js|json|jsonc|toml|md|sh|sql|html|css|csv|xml)$|\/[^.]+$/

export function readTree(root: string): Tree {
  const files = new Map<string, string>()
  const enter = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (OUTSIDE.test(path)) continue
      if (entry.isDirectory()) enter(path)
      else if (entry.isFile() && TEXT.test(`/${path}`))
        files.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  enter('')
  return files
}
