/** docx: paragraphs, tables, remarks, tracked changes and hidden text; and the same as blocks of a body.
 *  Macros are never run, fields never evaluated, nothing outside is loaded. */
import type { Block } from '../domain/bulletin.ts'
import type { FileText } from '../domain/checks/file-text.ts'
import { type Archive, openArchive, Unreadable } from './archive.ts'
import { addProperties, type Collector, collector, isActive, isProperty } from './parts.ts'
import { wordBlocks } from './word-blocks.ts'
import { openStyles } from './word-styles.ts'
import { below, childrenOf, type Element, readXml, textBelow } from './xml.ts'

const STORIES =
  /^word\/(?:document|comments|commentsExtended|footnotes|endnotes|styles|numbering|header\d{0,3}|footer\d{0,3})\.xml$/

function openWord(bytes: Uint8Array): { readonly archive: Archive; readonly body: Element } {
  const archive = openArchive(bytes, (name) => STORIES.test(name) || isProperty(name))
  const text = archive.text('word/document.xml')
  if (text === undefined) throw new Unreadable('unknown-format')
  const body = childrenOf(readXml(text), 'body')[0]
  if (!body) throw new Unreadable('corrupt')
  return { archive, body }
}

/** @throws Unreadable */
export function wordText(bytes: Uint8Array): FileText {
  const { archive, body } = openWord(bytes)
  const into = collector()
  addStory(body, '正文', into)
  for (const name of [...archive.names].sort()) {
    const story = /^word\/(header|footer|footnotes|endnotes)(\d*)\.xml$/.exec(name)
    const text = story ? archive.text(name) : undefined
    if (!story || text === undefined) continue
    addStory(readXml(text), `${STORY_NAMES[story[1] ?? ''] ?? ''}${story[2] ?? ''}`, into)
  }
  addComments(archive, into)
  addProperties(archive, into)
  return into.done(isActive(archive))
}

const STORY_NAMES: Readonly<Record<string, string>> = {
  header: '页眉',
  footer: '页脚',
  footnotes: '脚注',
  endnotes: '尾注',
}

function addStory(story: Element, name: string, into: Collector): void {
  let number = 0
  for (const paragraph of below(story, 'p')) {
    number += 1
    if (into.full) return
    const said = readParagraph(paragraph)
    const place = `${name}第${number}段`
    into.add('text', place, said.text)
    if (said.hidden !== '') into.add('hidden', `${place}的隐藏文字`, said.hidden)
    if (said.deleted !== '') into.add('change', `${place}的修订（删除）`, said.deleted)
    if (said.inserted !== '') into.add('change', `${place}的修订（插入）`, said.inserted)
  }
}

function addComments(archive: Archive, into: Collector): void {
  const text = archive.text('word/comments.xml')
  if (text === undefined) return
  childrenOf(readXml(text), 'comment').forEach((comment, index) => {
    const lines = [...below(comment, 'p')].map((paragraph) => readParagraph(paragraph).text)
    const author = comment.attributes['author'] ?? ''
    into.add('comment', `批注${index + 1}`, [author, ...lines].filter(Boolean).join('：'))
  })
}

interface Said {
  text: string
  hidden: string
  deleted: string
  inserted: string
}

interface Around {
  readonly deleted: boolean
  readonly inserted: boolean
  readonly hidden: boolean
}

/** A paragraph's own words; paragraphs inside its text boxes speak for themselves. */
function readParagraph(paragraph: Element): Said {
  const said: Said = { text: '', hidden: '', deleted: '', inserted: '' }
  walkRuns(paragraph, { deleted: false, inserted: false, hidden: false }, said)
  return said
}

const WITH_OWN_PARAGRAPHS: ReadonlySet<string> = new Set(['p', 'txbxContent', 'pPr'])

function walkRuns(element: Element, around: Around, said: Said): void {
  for (const child of element.children) {
    if (typeof child === 'string' || WITH_OWN_PARAGRAPHS.has(child.name)) continue
    const { name } = child
    if (name === 't' || name === 'delText' || name === 'instrText')
      say(textBelow(child), name, around, said)
    else if (name === 'tab') say('\t', name, around, said)
    else if (name === 'br' || name === 'cr') say('\n', name, around, said)
    else if (name === 'del' || name === 'moveFrom')
      walkRuns(child, { ...around, deleted: true }, said)
    else if (name === 'ins' || name === 'moveTo')
      walkRuns(child, { ...around, inserted: true }, said)
    else if (name === 'r')
      walkRuns(child, { ...around, hidden: around.hidden || isVanished(child) }, said)
    else walkRuns(child, around, said)
  }
}

function say(text: string, name: string, around: Around, said: Said): void {
  if (around.deleted || name === 'delText') said.deleted += text
  else if (around.hidden) said.hidden += text
  else if (name === 'instrText') return
  else {
    said.text += text
    if (around.inserted) said.inserted += text
  }
}

function isVanished(run: Element): boolean {
  const [mark] = childrenOf(run, 'rPr').flatMap((properties) => childrenOf(properties, 'vanish'))
  return mark !== undefined && !/^(?:0|false|off)$/.test(mark.attributes['val'] ?? '')
}

export interface ReadWord {
  readonly title?: string
  readonly blocks: readonly Block[]
  /** what could not be taken over, each a sentence for the clerk */
  readonly problems: readonly string[]
}

/** docx as a body. Never throws: what cannot be read is a problem. */
export async function readWord(bytes: Uint8Array): Promise<ReadWord> {
  try {
    const { archive, body } = openWord(bytes)
    const styles = openStyles(archive.text('word/styles.xml'), archive.text('word/numbering.xml'))
    return wordBlocks(body, styles, (paragraph) => readParagraph(paragraph).text)
  } catch (error) {
    if (error instanceof Unreadable || error instanceof RangeError)
      return { blocks: [], problems: ['Word 文件读不出来，请另存为 docx 后再导入'] }
    throw error
  }
}
