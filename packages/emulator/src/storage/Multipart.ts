/**
 * The two parts of a multipart upload: the object's metadata in JSON, then its content, of any length.
 *
 * Source: https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
 *
 * @since 0.1.0
 */

/**
 * What stands before the content: metadata as text, and the content's own type.
 *
 * @since 0.1.0
 */
export interface Head {
  readonly metadata: string
  readonly contentType?: string
}

/**
 * Reads a body while it comes. `write` gives the content in what has come so far, from the moment on that there is a `head`; `end` the rest of it,
 * undefined when the body is not two parts between its boundaries.
 *
 * @since 0.1.0
 */
export interface Reader {
  readonly head: () => Head | undefined
  readonly write: (chunk: Buffer) => Buffer
  readonly end: () => Buffer | undefined
}

/** What may stand before the content. */
const longestHead = 256 * 1024

/** What may follow the last boundary: line breaks. */
const epilogue = 16

const nothing = Buffer.alloc(0)

/** The bytes of a part that ends before a boundary, without the line break that belongs to the boundary. */
const cut = (body: Buffer, start: number, at: number): Buffer => {
  const end = body[at - 1] === 0x0a ? at - (body[at - 2] === 0x0d ? 2 : 1) : at
  return body.subarray(start, Math.max(start, end))
}

/** The headers of the part whose boundary begins at a position, and where its content begins. */
const partAt = (body: Buffer, from: number): { readonly headers: string; readonly start: number } | undefined => {
  // Python's clients end lines with \n alone, the others with \r\n.
  const begin = body.indexOf("\n", from) + 1
  const crlf = body.indexOf("\r\n\r\n", begin - 2)
  const lf = body.indexOf("\n\n", begin - 1)
  const isCrlf = crlf >= 0 && (lf < 0 || crlf < lf)
  if (begin === 0 || (!isCrlf && lf < 0)) return undefined
  const end = isCrlf ? crlf : lf
  return { headers: body.toString("latin1", begin, Math.max(begin, end)), start: end + (isCrlf ? 4 : 2) }
}

const headOf = (body: Buffer, line: string): { readonly head: Head; readonly start: number } | undefined => {
  const opening = body.indexOf(line)
  const first = opening < 0 ? undefined : partAt(body, opening)
  const middle = first === undefined ? -1 : body.indexOf(`\n${line}`, first.start) + 1
  const second = middle <= 0 ? undefined : partAt(body, middle)
  if (first === undefined || second === undefined) return undefined
  const type = /^content-type:[ \t]*([^\r\n]+)/im.exec(second.headers)?.[1]?.trim()
  const metadata = cut(body, first.start, middle).toString("utf8")
  return { head: { metadata, ...(type === undefined ? {} : { contentType: type }) }, start: second.start }
}

/**
 * Makes the reader of a body; undefined when the content type names no boundary.
 *
 * @since 0.1.0
 */
export const make = (contentType: string): Reader | undefined => {
  const quoted = /^multipart\/related;.*?boundary=(?:"([^"]+)"|'([^']+)'|([^;\s]+))/i.exec(contentType)
  const boundary = quoted?.[1] ?? quoted?.[2] ?? quoted?.[3]
  if (boundary === undefined) return undefined
  const line = `--${boundary}`
  const closing = `\n${line}--`
  const longestEnd = closing.length + 1 + epilogue
  let head: Head | undefined
  // Before the head is known all that came; then what may be the end, with one byte before it.
  let held = nothing
  return {
    head: () => head,
    write: (chunk) => {
      if (head === undefined && held.length > longestHead) return nothing
      held = Buffer.concat([held, chunk])
      if (head === undefined) {
        const found = headOf(held, line)
        if (found === undefined) return nothing
        head = found.head
        held = held.subarray(found.start - 1)
      }
      const end = held.length - longestEnd
      if (end <= 1) return nothing
      const content = held.subarray(1, end)
      held = Buffer.from(held.subarray(end - 1))
      return content
    },
    end: () => {
      // The content may hold the boundary's text by chance, but not behind the last one.
      const at = held.lastIndexOf(closing)
      if (head === undefined || at < 0) return undefined
      return held.subarray(1, at > 1 && held[at - 1] === 0x0d ? at - 1 : Math.max(1, at))
    }
  }
}
