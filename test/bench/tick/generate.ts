/** Makes updates `from` to `to` of the scene, one document a line, in order. Child process of the tick bench. */
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import process from 'node:process'
import { makeUpdate } from '../../roles/supervisor/actors.ts'
import { BASE, HASH, clientOf, dataKey, partRandom, setScene, STAMPED, versionOf } from './scene.ts'

const [file, from, to, deadline] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [string, number, number, number]
const scene = await setScene()
const cast = { ...scene.cast, random: partRandom(from) }
const out = createWriteStream(file)
let made = 0
for (let n = from; n < to && Date.now() < deadline; n++) {
  const key = dataKey(n)
  const document = makeUpdate(cast, {
    app: scene.app,
    tick: STAMPED,
    base: BASE,
    hash: HASH,
    planned: scene.planned,
    secret: scene.made.secret.reveal,
    endpoint: 'post',
    key,
    client: clientOf(n),
    replaces: versionOf(key.publicKey),
    text: `note number ${n}`,
  })
  made++
  if (!out.write(`${new TextDecoder().decode(document.bytes)}\n`)) await once(out, 'drain')
}
out.end()
await once(out, 'close')
process.send!({ made })
process.disconnect()
