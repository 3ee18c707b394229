/** What a docx calls its paragraphs: headings by style, lists by numbering. */
import { childOf, childrenOf, type Element, readXml } from './xml.ts'

export interface Styles {
  /** 0 for a title, 1–9 for a heading, undefined for anything else */
  headingLevel(paragraph: Element): number | undefined
  /** undefined when the paragraph is no list item */
  list(paragraph: Element): 'ordered' | 'unordered' | undefined
}

function value(element: Element | undefined): string | undefined {
  return element?.attributes['val']
}

export function openStyles(styles: string | undefined, numbering: string | undefined): Styles {
  const levels = styles === undefined ? new Map<string, number>() : headingStyles(readXml(styles))
  const bullets = numbering === undefined ? new Set<string>() : bulletNumbers(readXml(numbering))
  const known = numbering !== undefined
  return {
    headingLevel(paragraph) {
      const properties = childOf(paragraph, 'pPr')
      const style = value(childOf(properties, 'pStyle'))
      const outline = value(childOf(properties, 'outlineLvl'))
      if (style !== undefined && levels.has(style)) return levels.get(style)
      return outline !== undefined && /^[0-8]$/.test(outline) ? Number(outline) + 1 : undefined
    },
    list(paragraph) {
      const number = value(childOf(childOf(childOf(paragraph, 'pPr'), 'numPr'), 'numId'))
      if (!known || number === undefined || number === '0') return undefined
      return bullets.has(number) ? 'unordered' : 'ordered'
    },
  }
}

/** heading 1 … heading 9 and Title, whatever their ids are called in the file's language. */
function headingStyles(root: Element): ReadonlyMap<string, number> {
  const levels = new Map<string, number>()
  for (const style of childrenOf(root, 'style')) {
    const id = style.attributes['styleId']
    const name = value(childOf(style, 'name'))?.toLowerCase() ?? ''
    const heading = /^(?:heading|标题)\s?([1-9])$/.exec(name)
    if (id === undefined) continue
    if (name === 'title' || name === '标题') levels.set(id, 0)
    else if (heading) levels.set(id, Number(heading[1]))
  }
  return levels
}

function bulletNumbers(root: Element): ReadonlySet<string> {
  const bulleted = new Set(
    childrenOf(root, 'abstractNum')
      .filter((one) => value(childOf(childOf(one, 'lvl'), 'numFmt')) === 'bullet')
      .map((one) => one.attributes['abstractNumId']),
  )
  return new Set(
    childrenOf(root, 'num').flatMap((one) => {
      const id = one.attributes['numId']
      return id !== undefined && bulleted.has(value(childOf(one, 'abstractNumId'))) ? [id] : []
    }),
  )
}
