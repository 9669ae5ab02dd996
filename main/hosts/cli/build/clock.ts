/** Two builds run within the same second. That a build asks for the date has to show all the same, so one of them lives elsewhen. */

/** Moves what `Date` takes for now. */
export function shiftClock(ms: number): void {
  if (ms === 0) return
  const real = Date
  const now = (): number => real.now() + ms
  globalThis.Date = new Proxy(real, {
    construct: (target, args: [], made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made) as object,
    apply: () => new real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  })
}
