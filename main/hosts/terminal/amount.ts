/** Amounts of money as people read and type them. Inside everything is whole sats. */
import { wrongUsage } from './options.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'

const grouped = (digits: string): string => digits.replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** `12,345 sats`. */
export const sats = (amount: number): string =>
  `${amount < 0 ? '-' : ''}${grouped(String(Math.abs(amount)))} ${Math.abs(amount) === 1 ? 'sat' : 'sats'}`

/** 21 million bitcoin. */
const MOST = 2_100_000_000_000_000n
const FORM = /^(\d{1,16})(?:\.(\d{1,8}))?\s*(sats?|btc)?$/i

/**
 * `5000`, `5,000 sats`, `0.0005btc`: a number without a unit is sats, and only bitcoin have decimals.
 * Error: `cli.usage`.
 */
export function readAmount(text: string): Result<number> {
  const wrong = wrongUsage(`«${text}» is no amount: give whole sats (5000, or 5000sats) or bitcoin with their unit (0.00005btc).`)
  // Commas are taken where this program writes them, so that nobody means a decimal point.
  const plain = /^\d{1,3}(,\d{3})+\s*(sats?)?$/i.test(text.trim()) ? text.replaceAll(',', '') : text
  const found = FORM.exec(plain.trim())
  if (found === null) return wrong
  const [, whole, decimals, unit = 'sats'] = found
  const isBitcoin = unit.toLowerCase() === 'btc'
  if (decimals !== undefined && !isBitcoin) return wrong
  const amount = isBitcoin ? BigInt(whole!) * 100_000_000n + BigInt((decimals ?? '').padEnd(8, '0')) : BigInt(whole!)
  return amount >= 1n && amount <= MOST ? ok(Number(amount)) : wrong
}
