/**
 * A map by objects of the SDK's own. It keeps the methods of this moment: while a program is traced, those of all others refuse values of the
 * language (`javascript.ts`).
 */
export function ownMap<T>(): WeakMap<object, T> {
  const { get, set, has } = WeakMap.prototype as WeakMap<object, T>
  return Object.assign(new WeakMap<object, T>(), { get, set, has })
}
