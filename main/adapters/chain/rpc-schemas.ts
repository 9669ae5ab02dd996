/** What bitcoind's answers have to look like: only the fields that are used, every one bounded. */
import { z } from 'zod'

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'not a hash of 64 hex digits')
const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/, 'not hex')
  .max(8_400_000)
const height = z.number().int().min(0).max(0x7fffffff)
/** BTC with eight decimals, to sats. */
const amount = z
  .number()
  .min(0)
  .max(21_000_000)
  .transform((bitcoins) => BigInt(Math.round(bitcoins * 1e8)))
/** BTC per 1,000 vbytes, to sat per vbyte. */
const rate = z
  .number()
  .min(0)
  .max(21_000_000)
  .transform((bitcoins) => Math.round(bitcoins * 1e8) / 1000)

/** What the node says of a refusal. */
const reason = z.string().max(10_000)

const reply = z.object({
  result: z.unknown(),
  error: z.object({ code: z.number().int(), message: z.string().max(10_000) }).nullish(),
  id: z.number().nullish(),
})

export const envelopes = { single: reply, batch: z.array(reply).max(1000) }

export const schemas = {
  hash,
  hex,
  nothing: z.unknown().transform(() => undefined),
  hashes: z.array(hash).max(400_000),
  chainInfo: z.object({
    chain: z.string().max(20),
    blocks: height,
    /** -1 before it has read the first one. */
    headers: z.number().int().min(-1).max(0x7fffffff),
    bestblockhash: hash,
    initialblockdownload: z.boolean(),
    pruned: z.boolean().optional(),
    pruneheight: height.optional(),
  }),
  /** `confirmations` is -1 for a block off the best chain. */
  header: z.object({ hash, confirmations: z.number().int().min(-1), height, previousblockhash: hash.optional() }),
  feeEstimate: z.object({ feerate: rate.optional(), errors: z.array(reason).max(10).optional() }),
  mempoolEntry: z.object({ vsize: z.number().int().min(1) }),
  mempoolInfo: z.object({ size: z.number().int().min(0), mempoolminfee: rate, minrelaytxfee: rate, incrementalrelayfee: rate.optional() }),
  /** Of one transaction. */
  acceptance: z
    .array(
      z.object({
        allowed: z.boolean().optional(),
        vsize: z.number().int().min(1).optional(),
        'reject-reason': reason.optional(),
        'reject-details': reason.optional(),
      }),
    )
    .length(1),
  packageAnswer: z.object({
    package_msg: reason,
    'tx-results': z.record(hash, z.object({ txid: hash, error: reason.optional() })),
  }),
  unspent: z.object({
    success: z.boolean(),
    height,
    bestblock: hash,
    unspents: z
      .array(
        z.object({
          txid: hash,
          vout: z.number().int().min(0).max(0xffffffff),
          scriptPubKey: hex,
          amount,
          height,
          coinbase: z.boolean().optional(),
        }),
      )
      .max(100_000),
  }),
}
