/** What every client library has to do here, written as its users write it. */

/** Ways to give a call up: abort a whole answer, abort a stream half-way, or just stop reading a stream. */
export type Abandonment = "unary" | "stream" | "leave"

export interface Contestant {
  /** Makes so many calls, so many at a time, reads the text of each answer, and returns how many succeeded. */
  readonly calls: (count: number, concurrency: number) => Promise<number>
  /** Reads so many streams, one after another, and returns the number of their chunks. */
  readonly chunks: (streams: number) => Promise<number>
  /** Starts a call and gives it up; `mark` is called just before. What is left out cannot be done with this library. */
  readonly abandon: { readonly [A in Abandonment]?: (mark: () => void) => Promise<void> }
}

/** What is asked: the same for all. */
export const model = "gemini-3.5-flash"
export const prompt = "What is the capital of France? Answer in one sentence and say on which river it lies."
export const settings = { temperature: 0.5, maxOutputTokens: 256 }
export const project = "acme"

/** An answer whose text was not found must not count. */
export const read = (text: string | undefined): string => {
  if (text === undefined || text === "") throw new Error("an answer without text")
  return text
}

/** A library whose calls are promises. `abortable` tells whether it takes the signal. */
export const fromPromises = (library: {
  readonly abortable: boolean
  readonly generate: (signal?: AbortSignal) => Promise<string | undefined>
  readonly stream: (signal?: AbortSignal) => AsyncIterable<string | undefined>
}): Contestant => {
  const abort = {
    unary: async (mark: () => void) => {
      const controller = new AbortController()
      const ended = library.generate(controller.signal).catch(() => undefined)
      await pause(100)
      mark()
      controller.abort()
      await ended
    },
    stream: async (mark: () => void) => {
      const controller = new AbortController()
      let chunks = 0
      try {
        for await (const _ of library.stream(controller.signal)) {
          if (++chunks !== 3) continue
          setTimeout(() => {
            mark()
            controller.abort()
          }, 50)
        }
      } catch (error) {
        if (!controller.signal.aborted) throw error
      }
    }
  }
  return {
    calls: async (count, concurrency) => {
      let started = 0
      let succeeded = 0
      const worker = async () => {
        while (started < count) {
          started += 1
          try {
            read(await library.generate())
            succeeded += 1
          } catch {
            // Counted by what is missing.
          }
        }
      }
      await Promise.all(Array.from({ length: Math.min(count, concurrency) }, worker))
      return succeeded
    },
    chunks: async (streams) => {
      let chunks = 0
      for (let i = 0; i < streams; i++) {
        for await (const text of library.stream()) {
          read(text)
          chunks += 1
        }
      }
      return chunks
    },
    abandon: {
      ...(library.abortable ? abort : {}),
      leave: async (mark) => {
        for await (const _ of library.stream()) {
          mark()
          break
        }
      }
    }
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
