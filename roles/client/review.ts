/**
 * Vetting the writes before they are published (essay, Client Makes Endpoint Request 6): each field with the inputs that the program's
 * data-flow label lets reach it. What no declared flow explains is flagged: that is how a server smuggles secrets out.
 */
import { canBreak, own, refusalWords, rulesOf, sourceName, type Endpoint, type Label, type Program } from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import type { Write } from '../protocol/documents/index.ts'
import type { Opened, Pending, ReviewedWrite } from './types.ts'

/** Shorter texts occur in other texts by chance. */
const TELLING_LENGTH = 4

/** Reviews all writes of a reply. @param label of the request's endpoint */
export function review(outline: Program, label: Label, pending: Pending, opened: Pick<Opened, 'writes'>): ReviewedWrite[] {
  const endpoint = outline.endpoints[pending.endpoint]!
  const secrets = textsOf(endpoint, pending)
  return opened.writes.map((write) => {
    const explained: Record<string, string[]> = {}
    const flags = strangeKey(endpoint, pending, write)
    for (const [field, value] of Object.entries(write.fields)) {
      const flow = flowOf(label, write, field)
      const inputs = flow?.inputs
      explained[field] = inputs ?? []
      // The program moves such a field without looking at it, so its value has to be one that was committed to.
      if (flow?.carried === true && !Object.hasOwn(write.carried, field))
        flags.push(`${write.collection}.${field} should be moved sealed, and a server filled it in.`)
      if (inputs === undefined) flags.push(`No declared flow writes ${write.collection}.${field}.`)
      else
        flags.push(
          ...smuggled(secrets, new Set(inputs), value).map(
            (name) => `${write.collection}.${field} contains ${name}, which the program does not declare to store there.`,
          ),
        )
    }
    return {
      collection: write.collection,
      key: write.key,
      fields: { ...write.fields },
      explained,
      flags,
      rules: rulesFor(outline, endpoint, write),
    }
  })
}

/** For which rules the write may be refused when another update is counted first, a sentence each. */
function rulesFor({ collections }: Program, { blocks, slots }: Endpoint, write: Write): string[] {
  const site = blocks[write.block]?.sites[write.site]
  const collection = own(collections, write.collection)
  if (site === undefined || collection === undefined) return []
  return rulesOf(write.collection, collection)
    .filter((rule) => canBreak({ collections, slots }, site, rule))
    .map(refusalWords)
}

function strangeKey(endpoint: Endpoint, pending: Pending, write: Write): string[] {
  const site = endpoint.blocks[write.block]?.sites[write.site]
  const strange = site === undefined || site.collection !== write.collection || pending.slots[site.slot] !== write.key
  return strange ? [`The write goes to a key of ${write.collection} that this request did not choose.`] : []
}

const flowOf = (label: Label, write: Write, field: string): Label['stored'][number] | undefined =>
  label.stored.find(
    (entry) => entry.block === write.block && entry.site === write.site && entry.field === field && entry.collection === write.collection,
  )

/** Texts that the servers of the request may have seen, by the name of their input. */
function textsOf(endpoint: Endpoint, pending: Pending): Map<string, string[]> {
  const texts = new Map<string, string[]>()
  for (const [field, value] of Object.entries(pending.arguments)) texts.set(`request.${field}`, stringsIn(value))
  texts.set('caller', [pending.start.client])
  for (const [slot, key] of pending.slots.entries()) texts.set(sourceName(endpoint, { from: 'slot', slot }), [key])
  for (const [query, rows] of pending.answers.map((answer) => answer ?? []).entries()) {
    for (const field of new Set(rows.flatMap((row) => Object.keys(row)))) {
      texts.set(
        sourceName(endpoint, { from: 'query', query, field }),
        rows.flatMap((row) => stringsIn(own(row, field) ?? null)),
      )
    }
  }
  return texts
}

function stringsIn(value: Json): string[] {
  if (typeof value === 'string') return value.length >= TELLING_LENGTH ? [value] : []
  if (value === null || typeof value !== 'object') return []
  return Object.values(value).flatMap(stringsIn)
}

/** Names of inputs whose text stands in a value though the label keeps them out of it, and no allowed input holds the same text. */
function smuggled(secrets: Map<string, string[]>, allowed: Set<string>, value: Json): string[] {
  const written = stringsIn(value)
  const open = [...secrets].filter(([name]) => allowed.has(name)).flatMap(([, texts]) => texts)
  const tells = (text: string): boolean => written.some((one) => one.includes(text)) && !open.some((one) => one.includes(text))
  return [...secrets].filter(([name, texts]) => !allowed.has(name) && texts.some(tells)).map(([name]) => name)
}
