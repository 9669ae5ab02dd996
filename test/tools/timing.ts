/** For rules about time, which other work on the machine may break at any moment. */

/**
 * Tries until something holds once: other work makes a run slower, never faster, so one quick run shows that nothing slow is in it.
 * @param what is said when it never held
 */
export async function holdsOnce(what: string, holds: () => boolean | Promise<boolean>, attempts = 100): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) if (await holds()) return
  throw new Error(`not once in ${attempts} runs: ${what}`)
}
