/** Runs in the page, so it has to be whole in itself. See contrast.d.mts. */
export function weakTexts() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const behind = (from) => {
    for (let at = from; at !== null; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor)
      if (color[3] === 255) return color
    }
    return [255, 255, 255, 255]
  }
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
  const seen = [...document.querySelectorAll('body *')].filter((one) => hasText(one) && one.checkVisibility())
  if (seen.length < 20) return [`only ${seen.length} texts were found: nothing was measured`]
  return seen.flatMap((one) => {
    const [high, low] = [luminance(rgba(getComputedStyle(one).color)), luminance(behind(one))].sort((a, b) => b - a)
    const contrast = (high + 0.05) / (low + 0.05)
    return contrast < 4.5 ? [`${one.textContent.trim().slice(0, 40)}: ${contrast.toFixed(2)}`] : []
  })
}
