/** 栏目映射: which column of a platform a category goes to, a road at a time. What is missing or cannot be is
 *  said in the settings or in the preview, before anybody signs, and costs no call. */
import { describe, expect, it } from 'vitest'
import { SettingsFault } from '../../channels/channel.ts'
import { readPublishSettings } from '../../channels/http-publish/settings.ts'
import { PROFILE_NAMES, settingsFor, useRoads } from './http-publish-kit.ts'
import { SAMPLE_INPUT } from './sample.ts'

const openRoad = useRoads()
const WHERE = { port: 8443, base: 'https://cms.example.test/api' }
const HOSTS = [{ host: 'cms.example.test' }]

function faultsOf(settings: object): readonly string[] {
  try {
    readPublishSettings(settings)
    return []
  } catch (error) {
    if (error instanceof SettingsFault) return error.problems.map(({ field }) => field)
    throw error
  }
}

describe('a category', () => {
  for (const profile of PROFILE_NAMES)
    it(`${profile}: without a column is a problem of the preview, and no call is made`, async () => {
      const { channel, platform } = await openRoad(profile)
      for (const id of ['unmapped', 'constructor', '__proto__']) {
        const input = { ...SAMPLE_INPUT, category: { id, name: '未对应的事项' } }
        const { payload, losses } = channel.render(input)
        expect(channel.check(payload).map(({ field }) => field)).toEqual(['column'])
        expect(losses.join()).toContain('「未对应的事项」')
      }
      expect(channel.check(channel.render(SAMPLE_INPUT).payload)).toEqual([])
      expect(platform.calls()).toEqual([])
    })

  it('without a column of its own takes the default of the road', async () => {
    const { channel } = await openRoad('trs', { settings: { columns: {}, columnDefault: '9000' } })
    const { payload, losses } = channel.render(SAMPLE_INPUT)
    expect(payload.fields['column']).toEqual(['9000'])
    expect([channel.check(payload), losses]).toEqual([[], []])
  })

  it('goes to another column on each road', async () => {
    const { platform, publish, again } = await openRoad('trs')
    const other = again({ columns: { notice: '77' } })
    expect(other.render(SAMPLE_INPUT).payload.fields['column']).toEqual(['77'])
    await publish()
    expect(platform.documents()[0]?.fields).toMatchObject({ channelid: '8848' })
  })

  it('whose column the platform does not have is refused with its words', async () => {
    for (const profile of ['trs', 'micropub'] as const) {
      const { publish, platform } = await openRoad(profile, { platform: { columns: ['1'] } })
      expect(await publish()).toMatchObject({ kind: 'refused', scope: 'message' })
      expect(platform.created()).toEqual([])
    }
  })
})

describe('a mapping', () => {
  it('of what is no number is named where the platform knows numbers only', () => {
    for (const profile of ['trs', 'wordpress'] as const) {
      const right = { ...settingsFor(profile, WHERE), hosts: HOSTS }
      const columns = { notice: '7', news: 'seven', alert: '0', other: ' 8' }
      expect(faultsOf({ ...right, columns, columnDefault: '1.5' })).toEqual([
        ...['columns.news', 'columns.alert', 'columns.other', 'columnDefault'],
      ])
    }
    const right = { ...settingsFor('micropub', WHERE), hosts: HOSTS }
    expect(faultsOf({ ...right, columns: { notice: '通知公告' } })).toEqual([])
    expect(faultsOf({ ...right, columns: { notice: ' ' } })).toEqual(['columns.notice'])
  })

  it('for a profile that has no column is no use', () => {
    const profile = {
      ...{ name: '没有栏目的平台', idempotency: 'none', fields: { title: {} } },
      steps: { create: { method: 'POST', url: '{{base}}/x', query: { t: '{{title}}' } } },
    }
    const right = { profile, base: WHERE.base, hosts: HOSTS }
    expect(faultsOf(right)).toEqual([])
    expect(faultsOf({ ...right, columns: { notice: '7' } })).toEqual(['columns.notice'])
  })
})
