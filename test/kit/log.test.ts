/** Nothing private stands in the log, however it was passed in. */
import { expect, it } from 'vitest'
import { createLog, type Log, redactText } from '../../src/kit/log.ts'

function logged(write: (log: Log) => void): string {
  let text = ''
  const to = {
    write(part: string) {
      text += part
    },
  }
  write(createLog({ to }))
  return text
}

it('masks numbers, mailboxes and secrets in messages, fields, depths and arguments', () => {
  const text = logged((log) => {
    log.info('发给 13812345678 和 wang.fang@example.gov.cn')
    log.info({ to: '13812345678', deep: [{ password: 'hunter2', n: 13_812_345_678 }] }, '号码')
    log.warn('url %s', 'https://x.example/api?access_token=hunter2&a=1')
    log.info({ url: 'postgres://hub:hunter2@127.0.0.1/x' })
    log.info('%o', { secret: 'hunter2', to: '13812345678' })
    log.child({ address: '13812345678', token: 'hunter2' }).info('孩子')
  })
  expect(text).not.toMatch(/13812345678|wang\.fang|hunter2/)
  expect(text).toContain('138****5678')
  expect(text).toContain('w***@example.gov.cn')
})

it('keeps type, code and message of an error and drops what quotes a row', () => {
  const error = Object.assign(new Error('duplicate 13812345678'), {
    ...{ code: '23505', detail: 'Key (value)=(王芳) already exists', parameters: ['王芳'] },
  })
  const text = logged((log) => {
    log.error({ err: new Error('outer', { cause: error }) }, '写不进去')
    log.error(error)
  })
  expect(text).toContain('23505')
  expect(text).toContain('outer')
  expect(text).not.toMatch(/王芳|13812345678/)
})

it('leaves other digits alone', () => {
  expect(redactText('id 1732481234567, 330783199001011234')).toContain('1732481234567')
})

// Only Linux has a device that is always full.
it.skipIf(process.platform !== 'linux')('a full disk ends nobody who reports', () => {
  const log = createLog({ to: '/dev/full' })
  for (let line = 0; line < 3; line++) expect(() => log.error('写不下')).not.toThrow()
})
