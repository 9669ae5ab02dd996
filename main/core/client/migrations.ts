/** Brings the stored state of a client's role from one form to the next (`stored.ts`). */
import type { Json, StoragePort, StorageWrite } from '../ports.ts'

interface Form1 {
  requests: Array<{ phase: string }>
}

/** Form 2: what is approved and in no block is called `signed`, as that is what is known of it; it was `published`. */
export function withSignedRequests(storage: StoragePort): StorageWrite[] {
  const state = storage.get('role-state', 'client') as unknown as Form1 | undefined
  if (state === undefined) return []
  const requests = state.requests.map((entry) => (entry.phase === 'published' ? { ...entry, phase: 'signed' } : entry))
  return [{ table: 'role-state', key: 'client', value: { ...state, requests } as unknown as Json }]
}
