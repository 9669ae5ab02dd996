/** Chunks as one plain Uint8Array; a single chunk, which is the common case, is not copied. */
export function joinChunks(chunks: Uint8Array[], size: number): Uint8Array {
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
