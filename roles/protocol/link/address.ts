/** Names and addresses of computers, as text in lower case (RFC 1123, RFC 4291). */

/** Whether it is an IPv4 address in its one usual form. */
export const isIPv4 = (host: string): boolean => /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(host)

const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))

/** Whether it is an IPv6 address, without brackets and without a zone. */
export function isIPv6(host: string): boolean {
  if (host.length > 39) return false
  const halves = host.split('::')
  const all = halves.flatMap(groups)
  const isWhole = halves.length === 1 ? all.length === 8 : halves.length === 2 && all.length < 8
  return isWhole && all.every((group) => /^[0-9a-f]{1,4}$/.test(group))
}

const LABELS = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** Whether it is a name, or an IPv4 address; what ends in a number is no name (WHATWG URL, 3.5). */
export const isName = (host: string): boolean =>
  host.length <= 253 && LABELS.test(host) && (isIPv4(host) || !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(host))
