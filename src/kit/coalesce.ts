/** Work that many ask for at once: whoever asks while it is going on shares one further run, which begins after
 *  the asking. Nobody is answered by a run that began before they asked. */

interface Going<Ask> {
  readonly done: Promise<void>
  next?: { ask: Ask; readonly done: Promise<void> }
}

/** `join` makes one asking of two that share a run. */
export function coalesced<Ask>(
  work: (key: string, ask: Ask) => Promise<void>,
  join: (one: Ask, other: Ask) => Ask,
): (key: string, ask: Ask) => Promise<void> {
  const runs = new Map<string, Going<Ask>>()
  const begin = (key: string, ask: Ask): Promise<void> => {
    const done = work(key, ask).finally(() => {
      if (runs.get(key) === going && !going.next) runs.delete(key)
    })
    const going: Going<Ask> = { done }
    runs.set(key, going)
    return done
  }
  return (key, ask) => {
    const going = runs.get(key)
    if (!going) return begin(key, ask)
    if (going.next) {
      going.next.ask = join(going.next.ask, ask)
      return going.next.done
    }
    // How the run before ended is its own askers' affair.
    const done = going.done.catch(() => {}).then(() => begin(key, going.next?.ask ?? ask))
    going.next = { ask, done }
    return done
  }
}
