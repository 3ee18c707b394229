/** What an agency may change of a standing broadcast: a closed list, each within its bounds. */
import { describe, expect, it } from 'vitest'
import { adapted, readParameters } from '../../../src/domain/schedule/parameters.ts'
import { contentOf, fillBlanks } from '../../../src/domain/schedule/standing.ts'
import { BOOK } from '../../support/schedules.ts'

describe('parameters', () => {
  it.each([
    ['一段文字', 'parameters'],
    [[], 'parameters'],
    [null, 'parameters'],
    [{ colour: 'red' }, 'colour'],
    [{ ['__proto__x']: 1 }, '__proto__x'],
    [{ at: '8:20' }, 'at'],
    [{ at: '24:00' }, 'at'],
    [{ jitterMinutes: 121 }, 'jitterMinutes'],
    [{ jitterMinutes: 1.5 }, 'jitterMinutes'],
    [{ leadWorkingDays: -1 }, 'leadWorkingDays'],
    [{ channels: [] }, 'channels'],
    [{ channels: ['sms', 'sms'] }, 'channels'],
    [{ channels: ["sms'; drop"] }, 'channels'],
    [{ audiences: [7] }, 'audiences'],
    [{ missed: 'never' }, 'missed'],
    [{ graceHours: 0 }, 'graceHours'],
    [{ values: { a: 'x'.repeat(501) } }, 'values'],
    [{ values: { a: 1 } }, 'values'],
  ])('%j is refused at %s', (value, field) => {
    const read = readParameters(value)
    expect('refusal' in read && read.refusal).toMatchObject({ code: 'value-not-allowed', field })
  })

  it('are taken as they are in bounds', () => {
    const given = {
      ...{ at: '16:10', jitterMinutes: 0, leadWorkingDays: 5, channels: ['sms'], audiences: [] },
      ...{ missed: 'late', graceHours: 6, values: { 地点: '全市' } },
    }
    expect(readParameters(given)).toEqual({ parameters: given })
  })

  it('change the hour of what has one, and the policy with its grace', () => {
    const [weekly, , , storm] = BOOK
    if (!weekly || !storm) throw new Error('the book has changed')
    const own = { at: '16:10', leadWorkingDays: 1, missed: 'late' } as const
    const changed = adapted(weekly, own)
    expect(changed.rules).toMatchObject([{ kind: 'weekly', at: '16:10' }])
    expect(changed).toMatchObject({
      ...{ lead: { workingDays: 1 }, missed: { policy: 'late', graceHours: 12 } },
    })
    expect(adapted(storm, own).rules).toEqual(storm.rules)
    expect(adapted(weekly, {})).toEqual(weekly)
  })
})

describe('blanks', () => {
  const occasion = { day: '2027-02-05', agency: '某局' }
  it('are filled, and what is none stays visible', () => {
    expect(fillBlanks('{年份}{上年}{月日}{单位}{其他}', occasion)).toBe('202720262月5日某局{其他}')
  })

  it('are filled once: a value is no template', () => {
    expect(fillBlanks('{单位}', { ...occasion, agency: '{年份}$&' })).toBe('{年份}$&')
  })

  it('are filled in the whole draft', () => {
    const [weekly] = BOOK
    if (!weekly) throw new Error('the book has changed')
    expect(contentOf(weekly, occasion).title).toBe('某局提醒（2月5日）')
  })
})
