/** The node that is looked at, kept in the hash of the address: `#node=<id>`, so that a reload, a bookmark and the way back find it. */

/** @param hash of an address, with its `#` or empty; null where it names no node */
export function nodeIn(hash: string): string | null {
  const node = new URLSearchParams(hash.slice(1)).get('node')
  return node === null || node === '' ? null : node
}

export const hashOf = (node: string): string => `#${new URLSearchParams({ node }).toString()}`
