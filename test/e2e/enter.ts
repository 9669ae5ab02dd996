import type { Page } from '@playwright/test'

/** Opens the printed address and waits for the clean one that it leads to, so that nobody looks at a page that is about to go. */
export async function enter(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.waitForURL((url) => !url.searchParams.has('token'))
}
