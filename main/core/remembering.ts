/**
 * A function of a digest that is worked out once for each: what has a digest never changes. The least recently used answers beyond `most` are
 * forgotten; null is not remembered, because what is missing today may be here tomorrow.
 */
export function remembering<T>(most: number, make: (key: string) => T | null): (key: string) => T | null {
  const kept = new Map<string, T>()
  return (key) => {
    const value = kept.get(key) ?? make(key)
    if (value === null) return null
    kept.delete(key)
    kept.set(key, value)
    if (kept.size > most) kept.delete(kept.keys().next().value!)
    return value
  }
}
