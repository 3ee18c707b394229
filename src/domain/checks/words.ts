/** Finds all words of a dictionary in one pass over a text (Aho and Corasick), however many words. */

export interface WordHit<Word> {
  readonly word: Word
  /** offsets in the text looked through */
  readonly from: number
  readonly to: number
}

export interface WordFinder<Word> {
  find(text: string): readonly WordHit<Word>[]
}

interface Node<Word> {
  readonly next: Map<number, Node<Word>>
  readonly depth: number
  words: Word[]
  /** the longest proper ending that is also a beginning of some word */
  fallback: Node<Word> | undefined
  /** the nearest fallback at which a word ends */
  ending: Node<Word> | undefined
}

function newNode<Word>(depth: number): Node<Word> {
  return { next: new Map(), depth, words: [], fallback: undefined, ending: undefined }
}

/** `textOf` gives each word in the spelling of the texts that will be looked through. */
export function wordFinder<Word>(
  words: readonly Word[],
  textOf: (word: Word) => string,
): WordFinder<Word> {
  const root = newNode<Word>(0)
  for (const word of words) {
    let node = root
    for (const unit of units(textOf(word))) {
      const known = node.next.get(unit)
      const next = known ?? newNode<Word>(node.depth + 1)
      if (!known) node.next.set(unit, next)
      node = next
    }
    if (node !== root) node.words.push(word)
  }
  linkFallbacks(root)
  return { find: (text) => find(root, text) }
}

function* units(text: string): Generator<number> {
  for (let at = 0; at < text.length; at += 1) yield text.charCodeAt(at)
}

function linkFallbacks<Word>(root: Node<Word>): void {
  const queue: Node<Word>[] = [...root.next.values()]
  for (const node of queue) node.fallback = root
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at]
    if (!node) continue
    for (const [unit, child] of node.next) {
      let other = node.fallback
      while (other && !other.next.has(unit)) other = other.fallback
      child.fallback = other?.next.get(unit) ?? root
      child.ending = child.fallback.words.length > 0 ? child.fallback : child.fallback.ending
      queue.push(child)
    }
  }
}

function find<Word>(root: Node<Word>, text: string): readonly WordHit<Word>[] {
  const hits: WordHit<Word>[] = []
  let node = root
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    let next = node.next.get(unit)
    while (!next && node.fallback) {
      node = node.fallback
      next = node.next.get(unit)
    }
    node = next ?? root
    for (
      let end: Node<Word> | undefined = node.words.length > 0 ? node : node.ending;
      end;
      end = end.ending
    )
      for (const word of end.words) hits.push({ word, from: at + 1 - end.depth, to: at + 1 })
  }
  return hits
}
