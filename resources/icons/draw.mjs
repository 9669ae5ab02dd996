/**
 * Draws the icons: `node resources/icons/draw.mjs` writes golem.svg and the PNGs beside itself from one list of shapes. The results are
 * committed; run it again after changing a shape.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'

/** Rounded rectangles on a canvas of 64 by 64: x, y, width, height, corner radius, colour. A figure of clay with a word on its brow. */
export const shapes = [
  [2, 2, 60, 60, 14, '#1f2a37'],
  [18, 10, 28, 24, 6, '#d9a066'],
  [10, 36, 44, 20, 7, '#d9a066'],
  [22, 21, 6, 6, 3, '#1f2a37'],
  [36, 21, 6, 6, 3, '#1f2a37'],
  [27, 13, 10, 3, 1.5, '#f7931a'],
  [29, 42, 6, 14, 3, '#1f2a37'],
]

/** The tray's icon has no background. */
export const trayShapes = shapes.slice(1)

export function svg(list) {
  const rects = list.map(
    ([x, y, width, height, r, fill]) => `  <rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${r}" fill="${fill}"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">\n${rects.join('\n')}\n</svg>\n`
}

function inside([x, y, width, height, r], px, py) {
  const dx = Math.max(x + r - px, px - (x + width - r), 0)
  const dy = Math.max(y + r - py, py - (y + height - r), 0)
  return px >= x && px <= x + width && py >= y && py <= y + height && dx * dx + dy * dy <= r * r
}

const rgb = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))

/** Colour of one pixel, from 4 by 4 samples: red, green, blue, alpha. */
function pixel(list, size, px, py) {
  const sum = [0, 0, 0, 0]
  for (let sample = 0; sample < 16; sample++) {
    const x = ((px + ((sample % 4) + 0.5) / 4) * 64) / size
    const y = ((py + (Math.floor(sample / 4) + 0.5) / 4) * 64) / size
    const top = list.findLast((shape) => inside(shape, x, y))
    if (top !== undefined) [...rgb(top[5]), 255].forEach((value, at) => (sum[at] += value))
  }
  const covered = sum[3] / 255
  return [...sum.slice(0, 3).map((value) => Math.round(covered === 0 ? 0 : value / covered)), Math.round(sum[3] / 16)]
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** An 8-bit RGBA PNG of size by size pixels. */
export function png(list, size) {
  const rows = Buffer.alloc(size * (1 + size * 4))
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) rows.set(pixel(list, size, x, y), y * (1 + size * 4) + 1 + x * 4)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const write = (name, bytes) => writeFileSync(join(import.meta.dirname, name), bytes)
  write('golem.svg', svg(shapes))
  for (const size of [16, 32, 48, 64, 128, 256, 512]) write(`${size}x${size}.png`, png(shapes, size))
  write('tray.png', png(trayShapes, 22))
  write('tray@2x.png', png(trayShapes, 44))
}
