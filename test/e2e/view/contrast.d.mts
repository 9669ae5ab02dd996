/** Runs in the page. Visible texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2, 1.4.3 for body text). */
export function weakTexts(): string[]
