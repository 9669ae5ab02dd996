/** `golem wallet receive`, `send` and what follows: money of the node's wallet. */
import { randomUUID } from 'node:crypto'
import type { SendView } from '../../../../contract/index.ts'
import { fail, ok, type Result } from '../../../../../roles/protocol/result.ts'
import { readAmount, sats } from '../../../terminal/amount.ts'
import { columnsOf, plain } from '../../../terminal/columns.ts'
import type { Options } from '../../../terminal/options.ts'
import { wrongUsage, type Call, type Done } from '../../command.ts'
import type { Node } from '../connection.ts'
import { nodeCommand, textFlag } from '../node-command.ts'
import { historyText, lines, rescanText } from '../show.ts'

export const FEE_FLAGS = {
  'fee-rate': {
    kind: 'text',
    value: 'SAT/VBYTE',
    doc: 'what a vbyte pays; without it what the chain asks for at the moment',
    // Not less than nodes relay by default, 0.1 sat/vB, and no more than the wallet pays.
    form: { pattern: /^(0\.[1-9]\d{0,2}|[1-9]\d{0,2}(\.\d{1,3})?|1000(\.0{1,3})?)$/, words: 'a number of sat per vbyte from 0.1 to 1000' },
  },
} as const satisfies Options

export const feeRate = (call: Call): number | null => {
  const rate = textFlag(call, 'fee-rate')
  return rate === undefined ? null : Number(rate)
}

/** Asks a person whether to go on. Errors: `cli.answer`. */
export async function agreed({ flags, io }: Call, question: string): Promise<Result<null>> {
  if (flags['yes'] === true) return ok(null)
  const typed = await io.ask(`${question} (yes or no) `, false)
  if (typed === null) return fail('cli.answer', `${question} Nobody answered: say it on a terminal, or give --yes.`)
  return /^y(es)?$/i.test(typed.trim()) ? ok(null) : fail('cli.answer', 'Nothing was done.')
}

export const YES_FLAG = { yes: { kind: 'flag', short: 'y', doc: 'ask nothing' } } as const satisfies Options

const sendText = ({ inputs, outputs, amount, fee, feeRate: rate, vsize, remains, purpose, txid, repeated }: SendView): string =>
  lines(
    `pays ${sats(amount)}, and a fee of ${sats(fee)} (${vsize} vbytes at ${rate} sat each): ${plain(purpose)}`,
    columnsOf(
      [
        ...inputs.map(({ outpoint, value, address }) => ({ what: 'spends', value, where: address, note: `${outpoint.slice(0, 12)}…` })),
        ...outputs.map(({ address, value, purpose: what }) => ({
          what: what === 'change' ? 'keeps' : 'pays',
          value,
          where: address,
          note: '',
        })),
      ],
      [
        { title: '', of: ({ what }) => what },
        { title: 'amount', of: ({ value }) => sats(value), right: true },
        { title: 'address', of: ({ where }) => where },
        { title: '', of: ({ note }) => note },
      ],
    ),
    `spendable after it: ${sats(remains)}`,
    txid !== undefined && `${repeated === true ? 'was sent before' : 'sent'}: transaction ${txid}`,
  )

async function send(node: Node, call: Call): Promise<Result<Done>> {
  const { positionals, flags, io } = call
  const [to, typed] = positionals as [string, string]
  const amount = typed === 'all' ? ok('all' as const) : readAmount(typed)
  if (!amount.ok) return amount
  const payment = { to, amount: amount.value }
  const planned = await node.call('wallet.send', { ...payment, feeRate: feeRate(call), dry: true })
  if (!planned.ok) return planned
  if (flags['dry-run'] === true) return ok({ text: sendText(planned.value), value: planned.value })
  if (flags['json'] !== true) io.err(`${sendText(planned.value)}\n`)
  const go = await agreed(call, 'Send it?')
  if (!go.ok) return go
  const key = textFlag(call, 'key') ?? randomUUID()
  const { plan, feeRate: rate } = planned.value
  const sent = await node.call('wallet.send', { ...payment, feeRate: rate, dry: false, plan, key })
  if (!sent.ok) return sent
  return ok({
    text: `${sent.value.repeated === true ? 'Was sent before' : 'Sent'}: transaction ${sent.value.txid ?? ''}`,
    value: sent.value,
  })
}

export const walletSendCommand = nodeCommand(
  {
    name: 'wallet send',
    summary: 'pay to an address; --dry-run only shows what that would be',
    usage: '<address> <amount>|all',
    takes: [2, 2],
    flags: {
      'dry-run': { kind: 'flag', doc: 'show inputs, outputs and fee, and send nothing' },
      ...FEE_FLAGS,
      key: {
        kind: 'text',
        value: 'NAME',
        doc: 'names the payment: however often it is repeated, it is paid once',
        form: { pattern: /^.{1,64}$/, words: 'a name of 1 to 64 characters' },
      },
      ...YES_FLAG,
    },
    doc: `Shows what is spent and paid, asks, and pays exactly that. Amounts are sats (5000) or bitcoin with their unit (0.00005btc); all sends everything
spendable, the fee taken off it. A program that may be run twice gives --key and --yes.`,
    example: 'golem wallet send tb1q… 5000 --dry-run',
  },
  send,
)

export const walletReceiveCommand = nodeCommand(
  {
    name: 'wallet receive',
    summary: 'an address that has not received anything yet',
    doc: `Prints an address of this wallet to give to whoever pays: your exchange, a faucet of signet, or on regtest your bitcoind (bitcoin-cli -regtest
generatetoaddress 101 <address>). golem wallet balance says when coins are there.`,
    example: 'golem wallet receive',
  },
  async (node) => {
    const receive = await node.call('wallet.receive', {})
    return receive.ok ? ok({ text: receive.value.address, value: receive.value }) : receive
  },
)

export const walletBumpCommand = nodeCommand(
  {
    name: 'wallet bump',
    summary: 'replace a payment that waits by one that pays more',
    usage: '<transaction>',
    takes: [1, 1],
    flags: FEE_FLAGS,
    doc: 'The transaction is named by its id, or by the beginning of it that golem wallet history shows.',
    example: 'golem wallet bump 3f2a9c --fee-rate 20',
  },
  async (node, call) => {
    const txid = await transactionOf(node, call.positionals[0]!)
    if (!txid.ok) return txid
    const bumped = await node.call('wallet.bump', { txid: txid.value, feeRate: feeRate(call) })
    return bumped.ok
      ? ok({ text: `Replaced by ${bumped.value.txid}, with a fee of ${sats(bumped.value.fee)}.`, value: bumped.value })
      : bumped
  },
)

/** A transaction of the wallet that waits, by the beginning of its id. Errors: `cli.usage`, those of the node. */
async function transactionOf(node: Node, given: string): Promise<Result<string>> {
  const typed = given.toLowerCase().replace(/…$/, '')
  if (/^[0-9a-f]{64}$/.test(typed)) return ok(typed)
  if (!/^[0-9a-f]{6,63}$/.test(typed))
    return wrongUsage(`«${given}» is no transaction: give its id, or 6 hex digits of its beginning or more.`)
  const history = await node.call('wallet.history', { limit: 500, before: null })
  if (!history.ok) return history
  const found = history.value.entries.filter(({ txid }) => txid.startsWith(typed))
  if (found.length === 1) return ok(found[0]!.txid)
  return wrongUsage(
    found.length === 0
      ? `No transaction of this wallet begins with ${typed}.`
      : `Several transactions begin with ${typed}: give more of it.`,
  )
}

export const walletHistoryCommand = nodeCommand(
  {
    name: 'wallet history',
    summary: 'every transaction that touched the wallet, newest first',
    flags: {
      lines: { kind: 'whole', short: 'n', value: 'N', range: [1, 500], default: 50, doc: 'how many' },
      before: { kind: 'text', value: 'NEXT', doc: 'go on with older ones: the next that the answer before named' },
    },
    doc: 'Shows when each was, in which block, what it changed, and what it was for.',
    example: 'golem wallet history -n 20',
  },
  async (node, call) => {
    const history = await node.call('wallet.history', { limit: call.flags['lines'] as number, before: textFlag(call, 'before') ?? null })
    if (!history.ok) return history
    const { entries, next } = history.value
    const text = entries.length === 0 ? 'No transaction has touched this wallet yet.' : historyText(entries)
    return ok({ text: lines(text, next !== null && `older ones: --before ${next}`), value: history.value })
  },
)

export const walletRescanCommand = nodeCommand(
  {
    name: 'wallet rescan',
    summary: "read blocks again for the wallet's coins and history",
    flags: {
      from: { kind: 'whole', value: 'HEIGHT', range: [0, 10_000_000], default: 0, doc: 'the first block' },
      stop: { kind: 'flag', doc: 'end one that goes on; what it found stays' },
    },
    doc: 'It goes on in the background, and after a restart; golem wallet status says how far it is.',
    example: 'golem wallet rescan --from 200000',
  },
  async (node, { flags }) => {
    const scan =
      flags['stop'] === true
        ? await node.call('wallet.rescanStop', {})
        : await node.call('wallet.rescan', { from: flags['from'] as number })
    if (!scan.ok) return scan
    return ok({ text: scan.value === null ? 'No rescan goes on.' : rescanText(scan.value), value: scan.value })
  },
)
