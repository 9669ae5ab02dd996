/**
 * Blocks that can be taken back one by one: the wallet's coins and payments, the outputs known by their anchors, and the places on the chain by which a
 * fork is found. A deeper reorganisation is a fresh start from the chain (`resetTo` in wallet/blocks.ts).
 */
export const reorgDepth = 300
