/**
 * Decodes the event streams of Vertex AI, fed in pieces of any size.
 *
 * General decoders (effect's and eventsource-parser among them) drop lines that are not fields. Vertex writes exactly such lines
 * when a stream fails: the bare JSON of the error, without `data:`. This decoder keeps them.
 *
 * Source of the field rules: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** Payloads and leftovers of a stream that was fed so far. */
export interface SseDecoder {
  /** Takes a piece of text and returns the payloads of the events that it completes, in order. */
  readonly feed: (text: string) => ReadonlyArray<string>
  /** Ends the stream: an unfinished line counts as complete, an unfinished event is returned too. */
  readonly end: () => ReadonlyArray<string>
  /** Lines that belong to no event, joined: the bare error of a failed stream, or "". */
  readonly foreign: () => string
  /** Characters held for the event under way. */
  readonly pending: () => number
}

const LF = 10
const CR = 13
const field = /^(?:data|event|id|retry)(?::|$)|^:/

export const make = (): SseDecoder => {
  let fragments: Array<string> = []
  let data: string | undefined
  let foreign = ""
  let held = 0
  let atStart = true
  let skipLineFeed = false

  const line = (text: string, out: Array<string>) => {
    if (text === "") {
      if (data !== undefined) out.push(data)
      data = undefined
      held = 0
      return
    }
    if (text.startsWith("data:")) {
      const value = text.charCodeAt(5) === 32 ? text.slice(6) : text.slice(5)
      data = data === undefined ? value : `${data}\n${value}`
      held = data.length
    } else if (!field.test(text)) {
      foreign += `${text}\n`
      held = foreign.length
    }
  }

  const feed = (input: string) => {
    const out: Array<string> = []
    let text = input
    if (atStart && text !== "") {
      atStart = false
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
    }
    let from = 0
    if (skipLineFeed && text !== "") {
      skipLineFeed = false
      if (text.charCodeAt(0) === LF) from = 1
    }
    for (;;) {
      const end = lineEnd(text, from)
      if (end === -1) break
      const rest = text.slice(from, end)
      if (fragments.length === 0) line(rest, out)
      else {
        fragments.push(rest)
        const whole = fragments.join("")
        fragments = []
        line(whole, out)
      }
      from = end + 1
      if (text.charCodeAt(end) === CR) {
        if (from === text.length) skipLineFeed = true
        else if (text.charCodeAt(from) === LF) from++
      }
    }
    if (from < text.length) {
      fragments.push(text.slice(from))
      held += text.length - from
    }
    return out
  }

  return {
    feed,
    end: () => [...feed("\n"), ...feed("\n")],
    foreign: () => foreign,
    pending: () => held
  }
}

const lineEnd = (text: string, from: number): number => {
  const lf = text.indexOf("\n", from)
  // Vertex separates with LF or CR LF: look for a lone CR only in the piece before the next LF.
  const cr = text.slice(from, lf === -1 ? undefined : lf).indexOf("\r")
  return cr === -1 ? lf : from + cr
}
