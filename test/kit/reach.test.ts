/** Where a setting may lead: the bureau's own network, never this machine, its link, a cloud's credentials, or the
 *  hub and its database. */
import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { liveReach, placesIn, practiceReach } from '../../src/kit/reach.ts'

const own = [
  { host: undefined, port: 8020 },
  { host: '10.0.0.9', port: 5432 },
]
const live = liveReach({
  loopback: [
    { host: '127.0.0.1', port: 5700 },
    { host: '127.0.0.1', port: 8020 },
  ],
  own: () => own,
})

it('leaves the internet and private networks open', () => {
  for (const host of ['8.8.8.8', '10.1.2.3', '172.16.0.9', '192.168.1.1', '100.64.0.1'])
    expect([host, live(host, 443)]).toEqual([host, true])
  for (const host of ['2400:3200::1', '[2400:3200::1]', 'fd12:3456::1', 'sms.example.gov.cn'])
    expect([host, live(host, 443)]).toEqual([host, true])
})

it('closes this machine, its link, metadata, multicast, and what hides one of them', () => {
  for (const host of [
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.0.1'],
    ...['100.100.100.200', '224.0.0.1', '255.255.255.255', '::', '::1', '[::1]', 'fe80::1'],
    ...['fe80::1%eth0', 'ff02::1', 'fd00:ec2::254', '::ffff:127.0.0.1', '::ffff:169.254.169.254'],
    ...['::ffff:7f00:1', '64:ff9b::a9fe:a9fe', '2002:7f00:1::', '::127.0.0.1', 'localhost'],
    ...['LOCALHOST', 'a.localhost', 'localhost.'],
  ])
    expect([host, live(host, 443)]).toEqual([host, false])
})

it('opens on this machine what the operator allows, and the hub and the database never', () => {
  expect([live('127.0.0.1', 5700), live('localhost', 5700), live('127.0.0.1', 5701)]).toEqual([
    ...[true, true, false],
  ])
  expect([live('127.0.0.1', 8020), live('::ffff:127.0.0.1', 8020)]).toEqual([false, false])
  expect([live('10.0.0.9', 5432), live('::ffff:10.0.0.9', 5432)]).toEqual([false, false])
  expect([live('10.0.0.9', 25), live('10.0.0.8', 5432)]).toEqual([true, true])
  const outward = Object.values(networkInterfaces())
    .flatMap((one) => one ?? [])
    .find((one) => one.family === 'IPv4' && !one.internal)
  if (outward) expect(live(outward.address, 8020)).toBe(false)
})

it('in practice opens the loopback and nothing else', () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '::1'])
    expect(practiceReach(host, 25)).toBe(true)
  for (const host of ['10.0.0.1', 'example.com', '8.8.8.8', '169.254.169.254'])
    expect(practiceReach(host, 25)).toBe(false)
})

it('finds what settings name', () => {
  const settings = {
    ...{ host: 'smtp.example', port: 25, baseUrl: 'https://api.example/v1' },
    ...{ socket: 'ws://127.0.0.1:5700/', list: [{ url: 'http://[::1]:8020/x' }, 'no address'] },
  }
  expect(placesIn(settings).map((one) => `${one.host} ${one.port}`)).toEqual([
    ...['smtp.example 25', 'api.example 443', '127.0.0.1 5700', '::1 8020'],
  ])
})
