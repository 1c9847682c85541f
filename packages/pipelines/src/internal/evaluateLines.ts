/** The whole lines of a file that only grows: an unterminated last one is not there yet, or was torn by a crash. */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as Stream from "effect/Stream"

/** A line without its line feed, the byte at which it starts, and its number from 1. */
export interface Line {
  readonly text: string
  readonly position: number
  readonly line: number | undefined
}

const feed = 0x0a

/** Splits bytes into whole lines; holds one line and one chunk. */
const splitter = (offset: number) => {
  const decoder = new TextDecoder()
  let parts: Array<Uint8Array> = []
  let position = offset
  let line = 0
  return (chunk: Uint8Array): ReadonlyArray<Line> => {
    const whole: Array<Line> = []
    let from = 0
    for (let end = chunk.indexOf(feed); end !== -1; end = chunk.indexOf(feed, from)) {
      parts.push(chunk.subarray(from, end))
      const bytes = parts.reduce((sum, part) => sum + part.length, 0)
      const text = parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode()
      whole.push({ text, position, line: ++line })
      position += bytes + 1
      parts = []
      from = end + 1
    }
    if (from < chunk.length) parts.push(chunk.slice(from))
    return whole
  }
}

/** Reads lines from a byte on, at most so many bytes. */
export const read = (
  fs: FileSystem.FileSystem,
  path: string,
  { bytes, offset = 0 }: { readonly offset?: number; readonly bytes?: number }
): Stream.Stream<Line, PlatformError.PlatformError> =>
  Stream.suspend(() => {
    const split = splitter(offset)
    return fs
      .stream(path, { offset, ...(bytes === undefined ? {} : { bytesToRead: bytes }) })
      .pipe(Stream.map(split), Stream.flattenIterable)
  })

/** How many bytes a file has up to its last line feed. Reads from the end. */
export const wholeBytes = (file: FileSystem.File): Effect.Effect<number, PlatformError.PlatformError> =>
  Effect.gen(function* () {
    const block = new Uint8Array(65_536)
    let end = Number((yield* file.stat).size)
    while (end > 0) {
      const start = Math.max(0, end - block.length)
      const read = yield* file.read(block.subarray(0, end - start), { position: BigInt(start) })
      const last = block.subarray(0, read).lastIndexOf(feed)
      if (last !== -1) return start + last + 1
      end = start
    }
    return 0
  })
