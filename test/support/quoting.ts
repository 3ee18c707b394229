/** A channel whose text is the whole body, so that it can be seen whether a quote was cut. */
import type { Adapter } from '../../channels/channel.ts'
import { plainText } from '../../src/domain/bulletin.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import type { Sink } from './sink.ts'

export interface Quoting {
  readonly adapter: Adapter
  readonly channel: NewChannel
  /** characters a message can hold; what is longer is cut */
  charactersMax: number
  html: boolean
  /** another number each time, for names that must differ */
  next(): number
}

export function quoting(sink: Sink): Quoting {
  const [, inner] = sink.adapters
  if (!inner) throw new Error('the sink has no wire')
  let number = 0
  const wire: Quoting = {
    charactersMax: 1_000,
    html: false,
    next: () => number++,
    channel: {
      ...{ id: 'quote', name: 'quote', line: 'quote', addressing: 'recipient', position: 5 },
      ...{ addressKind: 'phone', roads: [{ id: 'main', adapter: 'test-quote', settings: {} }] },
    },
    adapter: {
      adapter: 'test-quote',
      create: (settings, tools) => ({
        ...inner.create(settings, tools),
        adapter: 'test-quote',
        render: (input) => {
          const body = [...plainText(input.blocks)].slice(0, wire.charactersMax).join('')
          const escaped = body.replaceAll('&', '&amp;').replaceAll('\n', '<br>')
          const fields = { title: [input.title], text: [wire.html ? escaped : body] }
          return { losses: [], payload: { form: wire.html ? 'html' : 'text', fields } }
        },
      }),
    },
  }
  return wire
}
