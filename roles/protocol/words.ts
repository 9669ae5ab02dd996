/** Words that every part of a node says alike. */

/** A number with its noun: `1 block`, `2 blocks`. @param many where that is not the noun with an s */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
