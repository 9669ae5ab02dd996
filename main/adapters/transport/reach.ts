import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Special-purpose IPv4 addresses (RFC 6890 and its registry): this host, private, shared, link-local, documentation, multicast, reserved. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Global unicast is 2000::/3 (RFC 4291); of it these are protocols, documentation, and ways back to IPv4 addresses. */
const GLOBAL_IPV6 = '2000::/3'
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const listOf = (family: 'ipv4' | 'ipv6', subnets: string[]): BlockList => {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [net = '', prefix] = subnet.split('/')
    list.addSubnet(net, Number(prefix), family)
  }
  return list
}
const specialIpv4 = listOf('ipv4', SPECIAL_IPV4)
const globalIpv6 = listOf('ipv6', [GLOBAL_IPV6])
const specialIpv6 = listOf('ipv6', SPECIAL_IPV6)

/**
 * Whether an address is one of the public internet. A stranger names the host of its server: on a public chain a node that posted to whatever is named
 * would reach its own services and those of its home.
 * @param address an IPv4 or IPv6 address, without brackets
 */
export function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !specialIpv4.check(address, 'ipv4')
  return family === 6 && globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6')
}

/** Why nothing is sent to a host, as the `code` of the error that its lookup ends with. */
export const NOT_PUBLIC = 'ENOTPUBLIC'

type Resolve = (host: string, options: LookupOptions & { all: true }, done: (error: Error | null, found: LookupAddress[]) => void) => void

/**
 * Looks a host name up and answers with its public addresses only. The check is on the address that is dialled, not on the name: a name may lead anywhere,
 * and somewhere else the next time. Node skips the lookup for what is an address already; `isPublic` answers for those.
 */
export const publicLookup =
  (from: Resolve = resolve): LookupFunction =>
  (host, options, done) => {
    from(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '')
      const addresses = found.filter(({ address }) => isPublic(address))
      const [first] = addresses
      if (first === undefined) return done(Object.assign(new Error(`${host} has no public address`), { code: NOT_PUBLIC }), '')
      if (options.all === true) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
