/** Import cycles of a graph. Type imports count: they tie the same knots in a reader's head. */

/** One path for each knot, ending where it began; empty when the graph has none. */
export function importCycles(
  graph: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string) => {
    const since = trail.indexOf(path)
    if (since >= 0) {
      cycles.push([...trail.slice(since), path])
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const next of graph.get(path) ?? []) visit(next)
    trail.pop()
    done.add(path)
  }
  for (const path of graph.keys()) visit(path)
  return cycles
}
