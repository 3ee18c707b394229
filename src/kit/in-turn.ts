/** Works through a list with so many at once and no more; the results keep the order of the list. */

export async function inTurn<T, R>(
  items: readonly T[],
  atOnceMax: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  const waiting = items.entries()
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, worker))
  return results
}

/** The same, until one result says that the next would meet the same: the rest is not worked on and gets what
 *  `rest` makes of that result. */
export async function inTurnUntil<T, R>(
  items: readonly T[],
  atOnceMax: number,
  work: (item: T) => Promise<R>,
  end: { readonly stops: (result: R) => boolean; readonly rest: (stopped: R) => R },
): Promise<{ readonly results: readonly R[]; readonly stopped: R | undefined }> {
  let stopped: { readonly result: R } | undefined
  const results = await inTurn(items, atOnceMax, async (item) => {
    if (stopped) return end.rest(stopped.result)
    const result = await work(item)
    if (end.stops(result)) stopped ??= { result }
    return result
  })
  return { results, stopped: stopped?.result }
}
