/** Version of the protocol: of every document (`v`), anchor, sealed message and path. Another one is refused; there is no compatibility before 1.0. */
export const PROTOCOL_VERSION = 2

/** Domain of what is sealed and asked in this version. */
export const PROTOCOL = `golem/${PROTOCOL_VERSION}` as const
