/** Accounts in the database: who may sign in today, what an officer resets, and that half an account is
 *  never left behind. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Accounts } from '../../src/hub/ports/accounts.ts'
import { openAccounts } from '../../src/store/accounts/accounts.ts'
import { addPerson } from '../../src/store/accounts/persons.ts'
import { type Bureau, foundBureau, MORNING, openTestHub } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { asOwner } from '../support/database-server.ts'

let database: TestDatabase
let bureau: Bureau
let accounts: Accounts
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  const { db } = bureau.test.connection
  accounts = openAccounts(db, { secret: 'k'.repeat(43), secure: () => false })
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

const PASSWORD = '白鹭Abc-12345'

function add(login: string, personId: number, password = PASSWORD) {
  return accounts.add({ agencyId: bureau.agencyId, personId, login, password, at: MORNING })
}

function check(login: string, password = PASSWORD, at = MORNING) {
  return accounts.check({ login, password, at })
}

it('a person has one account, a login one person, and a refused one leaves nothing behind', async () => {
  await add('shen', bureau.id('沈文书'))
  await expect(add('shen', bureau.id('陆保密'))).rejects.toThrow('登录名')
  await expect(add('wenshu', bureau.id('沈文书'))).rejects.toThrow('已有登录账号')
  await expect(add('lu', bureau.id('陆保密'), 'short')).rejects.toThrow('密码不合要求')
  await expect(add('lu', 999_999)).rejects.toThrow('不在任')
  await add('wenshu', bureau.id('陆保密'))
  expect((await check('wenshu')).person.name).toBe('陆保密')
  expect((await accounts.list(bureau.agencyId)).map((one) => one.login)).toEqual(['shen', 'wenshu'])
})

it('several made at once for one login are one', async () => {
  const ids = [bureau.id('吴值班'), bureau.id('周副局')]
  const made = await Promise.allSettled(ids.flatMap((id) => [add('same', id), add('same', id)]))
  expect(made.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
})

it('nobody signs in once they left office, whatever their session says', async () => {
  const agencyId = bureau.agencyId
  const { db } = bureau.test.connection
  const person = { agencyId, name: '临时工', roles: ['drafter'] as const, at: MORNING }
  const personId = await addPerson(db, person)
  await add('temp', personId)
  const { cookies } = await accounts.signIn({ login: 'temp', password: PASSWORD, at: MORNING })
  const cookie = cookies[0]?.split(';')[0] ?? ''
  expect((await accounts.session(cookie, MORNING))?.login).toBe('temp')
  await asOwner(
    database.ownerUrl,
    `update person set in_office_to = '2026-11-24' where id = ${personId}`,
  )
  expect(await accounts.session(cookie, MORNING)).toBeUndefined()
  await expect(check('temp')).rejects.toThrow('登录名或密码不对')
})

it('a lock ends after a quarter of an hour, or when an officer sets a new password', async () => {
  const wrong = () => check('shen', 'not-the-password-1')
  const guesses = await Promise.allSettled(Array.from({ length: 5 }, wrong))
  expect(guesses.every((one) => one.status === 'rejected')).toBe(true)
  await expect(check('shen')).rejects.toThrow('暂停登录')
  await asOwner(database.ownerUrl, "update auth.wrong_password set at = at - interval '16 minutes'")
  expect((await check('shen')).login).toBe('shen')
  await Promise.allSettled(Array.from({ length: 5 }, wrong))
  await expect(check('shen')).rejects.toThrow('暂停登录')
  const next = '苍鹰Abc-67890'
  await accounts.reset({
    ...{ agencyId: bureau.agencyId, login: 'shen', password: next, at: MORNING, by: 'local:root' },
  })
  expect((await check('shen', next)).person.name).toBe('沈文书')
  const rows = await bureau.test.hub.store.lists.audit(bureau.agencyId, { limit: 200 })
  expect(rows.find((row) => row.action === 'password-reset')).toMatchObject({
    ...{ subject: 'account/shen', actorId: null, facts: { by: 'local:root' } },
  })
  expect(JSON.stringify(rows)).not.toMatch(/苍鹰|白鹭|not-the-password/)
}, 120_000)

it('an officer of another bureau resets nothing here', async () => {
  const reset = { agencyId: bureau.agencyId + 1, login: 'shen', password: PASSWORD, at: MORNING }
  await expect(accounts.reset(reset)).rejects.toThrow('没有找到')
})

it('refuses a person with roles that exclude each other, and a second of one name', async () => {
  const { db } = bureau.test.connection
  const person = { agencyId: bureau.agencyId, name: '王审计', at: MORNING }
  await expect(addPerson(db, { ...person, roles: ['auditor', 'leader'] })).rejects.toThrow('兼任')
  await addPerson(db, { ...person, roles: ['auditor'] })
  await expect(addPerson(db, { ...person, roles: ['auditor'] })).rejects.toThrow('同名')
})
