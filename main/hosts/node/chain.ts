/** Which bitcoind a node goes by: what its flags say, or else its settings, or else the one on this computer. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ParticipantConfig, SettingsTable } from '../../core/index.ts'
import { fail, ok, type Result } from '../../core/index.ts'
import { checkRpcAddress } from '../../adapters/chain/rpc-client.ts'

export type Network = ParticipantConfig['chain']['network']
export type ChainConfig = ParticipantConfig['chain'] & { cookie?: string }

/** Where bitcoind listens and keeps its cookie, by chain. */
const USUAL: Readonly<Record<Network, { port: number; folder: string }>> = {
  regtest: { port: 18_443, folder: 'regtest' },
  signet: { port: 38_332, folder: 'signet' },
  testnet4: { port: 48_332, folder: 'testnet4' },
  mainnet: { port: 8_332, folder: '.' },
}

export interface ChainWords {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  chain: string | undefined
  cookie: string | undefined
}

/** Errors: `chain.address`, `chain.cookie`. */
export function chainOf(network: Network, settings: SettingsTable, { cwd, env, chain, cookie }: ChainWords): Result<ChainConfig> {
  const given = chain ?? settings.get('chain.url')
  const usual = `http://127.0.0.1:${USUAL[network].port}`
  const address = addressOf(given === '' ? usual : given)
  if (!address.ok) return address
  const file = cookie === undefined ? settings.get('chain.cookie') : resolve(cwd, cookie)
  const own = given === '' && file === '' ? usualCookie(network, env) : file
  const user = address.value.user ?? settings.get('chain.user')
  const password = (env['GOLEM_CHAIN_PASSWORD'] ?? '') || settings.get('chain.password')
  if (own === '' && user === '')
    return fail(
      'chain.cookie',
      given === ''
        ? `There is no bitcoind of ${network} on this computer that keeps its cookie file at the usual place. Start one, or name another with --chain.`
        : 'How to log in to that bitcoind is not said: name its cookie file with --chain-cookie, or a user in --chain and the password in GOLEM_CHAIN_PASSWORD.',
    )
  return ok({ url: address.value.url, user, password, backend: 'bitcoind', network, ...(own === '' ? {} : { cookie: own }) })
}

/** The user stands in the address, as `http://user@host:port`; a password does not, because every user of this computer reads arguments. */
function addressOf(text: string): Result<{ url: string; user: string | null }> {
  const found = /^(https?:\/\/)([^/@]*)@(.*)$/.exec(text)
  if (found?.[2]?.includes(':') === true)
    return fail(
      'chain.address',
      'A password in an argument is read by every user of this computer: leave it out, and set GOLEM_CHAIN_PASSWORD.',
    )
  const url = found === null ? text : `${found[1]}${found[3]}`
  const checked = checkRpcAddress(url)
  return checked.ok ? ok({ url, user: found === null ? null : decodeURIComponent(found[2]!) }) : checked
}

function usualCookie(network: Network, env: ChainWords['env']): string {
  const file = join((env['HOME'] ?? '') || homedir(), '.bitcoin', USUAL[network].folder, '.cookie')
  return existsSync(file) ? file : ''
}
