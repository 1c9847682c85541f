/**
 * The two parts of a multipart upload: the object's metadata in JSON, then its content.
 *
 * Source: https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
 *
 * @since 0.1.0
 */

/**
 * The parts of a body: metadata as text, the content, and the content's own type.
 *
 * @since 0.1.0
 */
export interface Multipart {
  readonly metadata: string
  readonly content: Buffer
  readonly contentType?: string
}

/**
 * Takes a body apart; undefined when it is not two parts between the boundaries that the content type names. The content is a view on the body.
 *
 * @since 0.1.0
 */
export const read = (body: Buffer, contentType: string): Multipart | undefined => {
  const quoted = /^multipart\/related;.*?boundary=(?:"([^"]+)"|'([^']+)'|([^;\s]+))/i.exec(contentType)
  const boundary = quoted?.[1] ?? quoted?.[2] ?? quoted?.[3]
  if (boundary === undefined) return undefined
  const line = `--${boundary}`
  const part = (from: number): { readonly headers: string; readonly start: number } | undefined => {
    // Python's clients end lines with \n alone, the others with \r\n.
    const begin = body.indexOf("\n", from) + 1
    const crlf = body.indexOf("\r\n\r\n", begin - 2)
    const lf = body.indexOf("\n\n", begin - 1)
    const isCrlf = crlf >= 0 && (lf < 0 || crlf < lf)
    if (begin === 0 || (!isCrlf && lf < 0)) return undefined
    const end = isCrlf ? crlf : lf
    return { headers: body.toString("latin1", begin, Math.max(begin, end)), start: end + (isCrlf ? 4 : 2) }
  }
  const cut = (start: number, at: number) => {
    const end = body[at - 1] === 0x0a ? at - (body[at - 2] === 0x0d ? 2 : 1) : at
    return body.subarray(start, Math.max(start, end))
  }
  const opening = body.indexOf(line)
  const first = opening < 0 ? undefined : part(opening)
  const middle = first === undefined ? -1 : body.indexOf(`\n${line}`, first.start) + 1
  const second = middle <= 0 ? undefined : part(middle)
  // The content may hold the boundary's text by chance, but not behind the last one.
  const closing = second === undefined ? -1 : body.lastIndexOf(`\n${line}--`) + 1
  if (first === undefined || second === undefined || closing < second.start) return undefined
  const type = /^content-type:[ \t]*([^\r\n]+)/im.exec(second.headers)?.[1]?.trim()
  return {
    metadata: cut(first.start, middle).toString("utf8"),
    content: cut(second.start, closing),
    ...(type === undefined ? {} : { contentType: type })
  }
}
