/** The publishing adapter through the conformance suite: each of its profiles against the platform that
 *  speaks its way, those that recognise a repeat, those that ask first, those that cannot. */
import { describe } from 'vitest'
import { httpPublish } from '../../channels/http-publish.ts'
import type { PublishingFault } from '../../src/simulator/publishing-platform.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import {
  PROFILE_NAMES,
  type ProfileName,
  platformFor,
  SECRETS,
  settingsFor,
} from './http-publish-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, PublishingFault>> = {
  none: 'none',
  refuse: 'refuse',
  retry: 'rate-limited',
  'drop-before-body': 'drop-before',
  'drop-after-body': 'drop-after',
  stall: 'stall',
  garbage: 'garbage',
}

async function counterpart(profile: ProfileName, fault: Fault): Promise<Counterpart> {
  const platform = await platformFor(profile)
  if (fault === 'down') await platform.stop()
  else platform.setFault(FAULTS[fault])
  return {
    // Only a stall waits for the end of this time; a busy machine must not.
    settings: { ...settingsFor(profile, platform), timeoutMs: fault === 'stall' ? 400 : 20_000 },
    taken: () => platform.created(),
    stop: () => (fault === 'down' ? Promise.resolve() : platform.stop()),
  }
}

const SOMEWHERE = { port: 443, base: 'https://cms.example.test/api' }

function wrongSettings(profile: ProfileName) {
  const right = {
    ...settingsFor(profile, SOMEWHERE),
    hosts: [{ host: 'cms.example.test' }],
  }
  const [alias] = Object.keys(right.secrets)
  const [constant = ''] = Object.keys(right.constants)
  return [
    { settings: {}, fields: ['profile', 'base', 'hosts'] },
    { settings: { ...right, base: 'http://cms.example.test/api' }, fields: ['base'] },
    { settings: { ...right, base: 'https://elsewhere.test/api' }, fields: ['base'] },
    {
      settings: { ...right, hosts: [{ host: '169.254.169.254' }] },
      fields: ['hosts.0.host', 'base'],
    },
    {
      settings: { ...right, hosts: [{ host: 'cms.example.test' }, { host: '10.0.0.1' }] },
      fields: ['hosts.1.host'],
    },
    alias === undefined
      ? { settings: { ...right, constants: {} }, fields: [`constants.${constant}`] }
      : { settings: { ...right, constants: {}, secrets: {} }, fields: [`secrets.${alias}`] },
    {
      settings: { ...right, secrets: { [alias ?? 'none']: 'nowhere' } },
      fields: [`secrets.${alias ?? 'none'}`],
    },
    {
      settings: { ...right, secret: SECRETS['platform-key'], timeoutMs: 1 },
      fields: ['secret', 'timeoutMs'],
    },
    { settings: { ...right, profile: 'unknown-platform' }, fields: ['profile'] },
  ]
}

for (const profile of PROFILE_NAMES)
  describe(profile, () => {
    keepsContract({
      adapter: httpPublish,
      addresses: ['service-network'],
      counterpart: (fault) => counterpart(profile, fault),
      secrets: SECRETS,
      wrongSettings: wrongSettings(profile),
      overLimit: (payload) => ({
        ...payload,
        fields: { ...payload.fields, body: ['长'.repeat(1_500_000)] },
      }),
    })
  })
