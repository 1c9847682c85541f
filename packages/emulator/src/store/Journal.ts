/**
 * Values as the lines of a file to which is only ever appended, so that they survive the process at any moment.
 *
 * A line counts once its line break is there: what a killed process wrote of its last one is cut off. Written data survives the process, not the loss of
 * power: nothing waits for the disk.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { dirname } from "node:path"
import * as Schema from "effect/Schema"

/**
 * A journal, and what stood in it when it was opened.
 *
 * @since 0.1.0
 */
export interface Journal<A> {
  readonly entries: ReadonlyArray<A>
  readonly append: (entry: A) => void
  readonly clear: () => void
}

/**
 * Opens a journal; without a file it keeps nothing. Throws when the file cannot be used, or has a line that is not an entry.
 *
 * @since 0.1.0
 */
export const open = <A, E>(file: string | undefined, schema: Schema.Codec<A, E>): Journal<A> => {
  if (file === undefined) return { entries: [], append: () => {}, clear: () => {} }
  const line = Schema.fromJsonString(schema)
  const decode = Schema.decodeUnknownSync(line)
  const encode = Schema.encodeSync(line)
  Fs.mkdirSync(dirname(file), { recursive: true })
  Fs.appendFileSync(file, "")
  const text = Fs.readFileSync(file, "utf8")
  const whole = text.slice(0, text.lastIndexOf("\n") + 1)
  if (whole.length < text.length) Fs.truncateSync(file, Buffer.byteLength(whole))
  const entries = whole
    .split("\n")
    .slice(0, -1)
    .map((text, index) => {
      try {
        return decode(text)
      } catch {
        throw new Error(`${file} line ${index + 1} is not of this emulator, or of another version. Remove the file.`)
      }
    })
  return {
    entries,
    append: (entry) => Fs.appendFileSync(file, `${encode(entry)}\n`),
    clear: () => Fs.truncateSync(file, 0)
  }
}
