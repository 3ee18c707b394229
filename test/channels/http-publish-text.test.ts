/** Hostile titles and bodies through every profile: what arrives is byte for byte what was signed, or the
 *  check refused it in words before anybody signed. Nothing breaks out of its place. */

import fc from 'fast-check'
import { XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { encodeText, percentText, unencodable } from '../../channels/http-publish/charset.ts'
import { parseTemplate, unprintable } from '../../channels/http-publish/template.ts'
import {
  type OpenRoad,
  only,
  PROFILE_NAMES,
  type ProfileName,
  SECRET,
  useRoads,
} from './http-publish-kit.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const openRoad = useRoads()
const signal = new AbortController().signal

const PIECES = [
  ...[
    '"',
    "'",
    '<',
    '>',
    '&',
    '\\',
    '/',
    '%',
    '+',
    '=',
    ';',
    '{',
    '}',
    '{{',
    '}}',
    '..',
    '.',
    '?',
    '#',
  ],
  ...['{{title}}', '{{secret.appSecret}}', '{{constant.user}}', '{{#attachments}}', '$&'],
  ...[
    ']]>',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?xml?>',
    '<!DOCTYPE x>',
    '&amp;',
    '&#13;',
    '&lt;/title&gt;',
  ],
  ...[
    '\r\n',
    '\n',
    '\r',
    '\t',
    ' ',
    '\u0000',
    '\u0008',
    '\u001f',
    '\u007f',
    '\u2028',
    '\ufeff',
    '\ud800',
    '\uffff',
  ],
  ...[
    '--duoling',
    'Content-Disposition: form-data',
    '\r\n\r\n',
    '&sign=1',
    '&syncid=x',
    '"}',
    '","a":"',
  ],
  ...[
    '安全生产',
    '〔2026〕',
    '㐀',
    '𠮷',
    '😀',
    '👨‍👩‍👧',
    'é',
    'é',
    '€',
    '·',
    '——',
    '「」',
    '①',
    'ⅲ',
    '桐乡',
  ],
  ...['</title><script>alert(1)</script>', "' or 1=1 --", '%0d%0aX: y', '%2e%2e'],
] as const
const piecesOf = (pieces: readonly string[], strange: number) =>
  fc
    .array(
      fc.oneof(
        { weight: 10, arbitrary: fc.constantFrom(...pieces) },
        { weight: strange, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      ),
      { maxLength: 12 },
    )
    .map((some) => some.join(''))

/** Half of the texts hold only what the platform's charset can write, so that many arrive. */
function hostileFor(profile: ProfileName) {
  const charset = profile === 'hanweb' ? 'gbk' : 'utf-8'
  const writable = PIECES.filter(
    (piece) => unencodable(piece, charset) === undefined && unprintable(piece) === undefined,
  )
  const oneLine = writable.filter((piece) => !/[\r\n\t]/.test(piece))
  return fc.oneof(piecesOf(oneLine, 0), piecesOf(writable, 0), piecesOf(PIECES, 3))
}

async function arrives(
  road: OpenRoad,
  title: string,
  text: string,
  bulletinId: number,
): Promise<'arrived' | 'refused'> {
  const { channel, platform } = road
  const { payload } = channel.render({
    ...SAMPLE_INPUT,
    ...{ title, bulletinId, blocks: [{ kind: 'paragraph', text }] },
    metadata: { summary: text },
  })
  const problems = channel.check(payload)
  const fields = filledFields(payload)
  if (problems.length > 0) {
    for (const problem of problems) expect(problem.text.length).toBeGreaterThan(5)
    return 'refused'
  }
  const outcome = only(
    await channel.send(
      sampleBatch(fields, ['place'], { bulletinId, key: `1.${bulletinId}` }),
      signal,
    ),
  )
  expect(outcome).toMatchObject({ kind: 'accepted' })
  const document = platform.documents().at(-1)
  expect(document?.title).toBe(fields['title'])
  expect(document?.body).toBe(fields['body'])
  expect(JSON.stringify(document?.fields)).not.toContain(SECRET)
  return 'arrived'
}

describe('arbitrary titles and bodies', () => {
  for (const profile of PROFILE_NAMES)
    it(`${profile}: arrive as signed or are refused before`, async () => {
      const road = await openRoad(profile)
      let bulletinId = 100
      const seen = { arrived: 0, refused: 0 }
      await fc.assert(
        fc.asyncProperty(hostileFor(profile), hostileFor(profile), async (title, text) => {
          seen[await arrives(road, title, text, bulletinId++)] += 1
        }),
        { numRuns: 150 },
      )
      expect(seen.arrived).toBeGreaterThan(5)
      expect(seen.refused).toBeGreaterThan(5)
      for (const call of road.platform.calls()) {
        const type = call.headers['content-type'] ?? ''
        if (type.includes('xml'))
          expect(XMLValidator.validate(call.body.toString('utf8'))).toBe(true)
        if (type.includes('json'))
          expect(() => JSON.parse(call.body.toString('utf8'))).not.toThrow()
      }
    })

  it('that name places of the template are printed, never looked up', async () => {
    const road = await openRoad('service-network')
    const title = '{{secret.appSecret}} {{token}} {{constant.appKey}}'
    expect(await arrives(road, title, title, 1)).toBe('arrived')
    expect(road.platform.documents()[0]?.title).toBe(title)
  })

  it('that GBK cannot write are refused with the character', async () => {
    const { channel } = await openRoad('hanweb')
    const { payload } = channel.render({ ...SAMPLE_INPUT, title: '笑脸😀' })
    expect(channel.check(payload)).toMatchObject([
      { field: 'title', text: expect.stringContaining('😀') },
    ])
    const fields = { ...filledFields(channel.render(SAMPLE_INPUT).payload), title: '笑脸😀' }
    const outcome = only(await channel.send(sampleBatch(fields, ['place']), signal))
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'message', code: 'character' })
  })
})

describe('GBK', () => {
  it('is what the platform’s own decoder reads back, for every character it claims', () => {
    const decoder = new TextDecoder('gbk', { fatal: true })
    let known = 0
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code)
      if (unencodable(character, 'gbk') !== undefined) continue
      known += 1
      expect(decoder.decode(encodeText(character, 'gbk'))).toBe(character)
    }
    // GBK 1.0 defines 21,886 characters besides ASCII; what later standards moved is left out.
    expect(known).toBeGreaterThan(21_700 + 128)
    expect(known).toBeLessThanOrEqual(21_886 + 128)
  })

  it('equals known codes', () => {
    expect(percentText('安全 A+·', 'gbk')).toBe('%B0%B2%C8%AB%20A%2B%A1%A4')
    expect(percentText('安', 'utf-8')).toBe('%E5%AE%89')
  })
})

describe('a template', () => {
  it('with an opening that names nothing is none', () => {
    for (const text of ['{{', '{{ }}', '{{a|unknown}}', '{{a b}}', 'x {{#a}}', '{{{a}}}']) {
      const parts = parseTemplate(text)
      expect(
        parts === undefined ||
          !parts.some((part) => typeof part === 'string' && part.includes('{{')),
      ).toBe(true)
    }
    expect(parseTemplate('{{a')).toBeUndefined()
    expect(parseTemplate('a{{b|percent}}c')).toEqual(['a', { name: 'b', filter: 'percent' }, 'c'])
  })
})
