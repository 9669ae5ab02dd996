/** Waiting on a page for what takes blocks and ticks: as long as anything on it moves, and for so many blocks at most. */
import type { Locator, Page } from '@playwright/test'
import { waitFor, type Progress } from '../../main/hosts/headless/network/patience.ts'

/** Many times what anything of the story takes. */
const BLOCKS = 400
const TEXT_TOLD = 3_000

const textsOf = async (place: Locator): Promise<string[]> => (await place.allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim())

/** Whether a place says something now. */
export const says = async (place: Locator, words: string | RegExp): Promise<boolean> =>
  (await textsOf(place)).some((text) => (typeof words === 'string' ? text.includes(words) : words.test(text)))

/** Whether there is such a button that can be pressed now. */
export const canBePressed = (button: Locator): Promise<boolean> =>
  button.evaluateAll((found) => found.some((one) => !(one as unknown as { disabled: boolean }).disabled))

/**
 * Looks at the page until something is so.
 * @param what completes the sentence «waited for …»
 * @param said what the host behind the page said: it moves too, and is told where the wait fails
 */
export async function eventually(page: Page, what: string, look: () => Promise<boolean>, said: () => string): Promise<void> {
  let [text, height] = ['', 0]
  const glance = async (): Promise<boolean> => {
    text = (await textsOf(page.locator('body'))).join(' ')
    height = Math.max(height, Number(/Chain tip\D*([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? 0))
    return look()
  }
  const progress: Progress = {
    // A countdown moves by itself.
    moved: () => `${text.replace(/\d+ (s|min)\b/g, '')} ${said().length}`,
    state: () => `the page: ${text.slice(0, TEXT_TOLD)}\nits host: ${said().slice(-TEXT_TOLD)}`,
    budget: { of: 'blocks', spent: () => height, most: BLOCKS },
    lookMs: 100,
  }
  await glance()
  await waitFor(what, glance, progress)
}
