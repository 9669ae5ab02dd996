import { describe, expect, it } from 'vitest'
import { findBitcoind } from '../../main/adapters/chain/bitcoind/index.ts'

describe('finding a bitcoind', () => {
  it('takes the program that GOLEM_BITCOIND names before all others', () => {
    expect(findBitcoind({ GOLEM_BITCOIND: process.execPath })).toEqual({ command: [process.execPath], source: 'GOLEM_BITCOIND' })
  })

  it('does not fall back silently when GOLEM_BITCOIND names nothing', () => {
    expect(findBitcoind({ ...process.env, GOLEM_BITCOIND: '/no/such/program' })).toEqual({
      missing: expect.stringContaining('correct or unset it'),
    })
  })

  it('looks for the name bitcoind in every folder of PATH', () => {
    const found = findBitcoind({ PATH: '/no/such/folder' })
    expect(found.command ? found.source : found.missing).toMatch(/\.cache\/bitcoind/)
  })
})
