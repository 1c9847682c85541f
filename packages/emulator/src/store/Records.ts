/**
 * Values by key, each a JSON file of a directory, so that they survive the process. A file is written aside and renamed: it is there whole or not at all.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"

/**
 * Values by key, and those that an earlier process left. A key becomes the name of a file.
 *
 * @since 0.1.0
 */
export interface Records<A> {
  readonly found: ReadonlyArray<A>
  readonly write: (key: string, value: A) => void
  readonly remove: (key: string) => void
}

const ending = ".json"
const aside = ".new"

/**
 * Opens the records of a kind below a directory; without a directory nothing is kept. Throws when the directory cannot be used, or a file in it is
 * not such a value.
 *
 * @since 0.1.0
 */
export const open = <A, E>(root: string | undefined, kind: string, schema: Schema.Codec<A, E>): Records<A> => {
  if (root === undefined) return { found: [], write: () => {}, remove: () => {} }
  const place = join(root, kind)
  const text = Schema.fromJsonString(schema)
  const decode = Schema.decodeUnknownSync(text)
  const encode = Schema.encodeSync(text)
  const path = (key: string) => join(place, `${key}${ending}`)
  Fs.mkdirSync(place, { recursive: true })
  const found: Array<A> = []
  for (const name of Fs.readdirSync(place)) {
    const file = join(place, name)
    if (name.endsWith(aside)) Fs.rmSync(file)
    if (!name.endsWith(ending)) continue
    try {
      found.push(decode(Fs.readFileSync(file, "utf8")))
    } catch {
      throw new Error(`${file} is not of this emulator, or of another version. Remove the file.`)
    }
  }
  return {
    found,
    write: (key, value) => {
      Fs.writeFileSync(`${path(key)}${aside}`, encode(value))
      Fs.renameSync(`${path(key)}${aside}`, path(key))
    },
    remove: (key) => Fs.rmSync(path(key), { force: true })
  }
}
