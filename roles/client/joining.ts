/** Registration and reservation in the client's bookkeeping. */
import { toHex } from '../protocol/bytes.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { Step } from '../protocol/events.ts'
import type { ClientEffect, ClientEvent, SignedText } from './events.ts'
import { publish, signed } from './publications.ts'
import { registrationWork } from './register.ts'
import { isRefused, MAX_REGISTRATIONS, type ClientState } from './state.ts'

type Stepped = Step<ClientState, ClientEffect>
const unchanged = (state: ClientState): Stepped => ({ state, effects: [] })

/**
 * Registers under the terms of the offer in force: at first, again when a tick refused it or it could not be published, and anew when the terms
 * changed since. Under one offer it is tried a bounded number of times, because each costs a fee.
 */
export function onRegister(ctx: { crypto: CryptoPort }, state: ClientState, event: Extract<ClientEvent, { type: 'register' }>): Stepped {
  if (!mayRegister(state, event.offer)) return unchanged(state)
  const tries = state.terms?.offer === event.offer ? state.terms.tries + 1 : 1
  return {
    state: { ...state, registration: null, terms: { offer: event.offer, tries, grinding: true } },
    effects: [{ type: 'grind', challenge: toHex(registrationWork(ctx.crypto, state.client, state.app)), bits: event.bits }],
  }
}

/** Whether a registration under an offer would be begun now. */
export function mayRegister({ registration, terms }: ClientState, offer: string): boolean {
  if (terms?.grinding === true) return false
  if (registration !== null && !isRefused(registration)) return false
  return terms?.offer !== offer || terms.tries < MAX_REGISTRATIONS
}

export function onWork(state: ClientState, event: SignedText): Stepped {
  if (state.registration !== null) return unchanged(state)
  const registration = signed('registration', event)
  return { state: { ...state, registration, terms: state.terms && { ...state.terms, grinding: false } }, effects: [publish(registration)] }
}

export function onReserve(state: ClientState, event: Extract<ClientEvent, { type: 'reserve' }>): Stepped {
  const known =
    state.reservations.some((one) => one.sha256 === event.sha256) || event.keys.some(({ key }) => state.keys.some((own) => own.key === key))
  if (known) return unchanged(state)
  const reservation = signed('reservation', event)
  const keys = event.keys.map(({ index, key, collection }) => ({
    index,
    key,
    collection,
    written: false,
    reservation: event.sha256,
    request: null,
  }))
  return {
    state: { ...state, reservations: [...state.reservations, reservation], keys: [...state.keys, ...keys] },
    effects: [publish(reservation)],
  }
}
