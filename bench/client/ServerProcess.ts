/** Starts the fake server and speaks with it. */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Deadline from "./Deadline.ts"

/** How the server behaves: it answers, it fails some requests, or it takes requests and falls silent. */
export type Mode = { readonly kind: "answer" | "hang" } | { readonly kind: "faults"; readonly seed: number }

export type FromServer =
  | { readonly event: "listening"; readonly port: number }
  /** The number of requests in the mode that has just ended. */
  | { readonly event: "mode"; readonly requests: number }
  /** A request is held without an answer, counted from 1 since the mode began. */
  | { readonly event: "held"; readonly request: number }
  /** The connection of a held request ended, in milliseconds of the epoch. */
  | { readonly event: "closed"; readonly request: number; readonly at: number }

export interface ServerProcess {
  readonly url: string
  /** Changes the behaviour and returns the number of requests since the last change. */
  readonly mode: (mode: Mode) => Promise<number>
  /** Waits until a hanging server holds so many requests. */
  readonly holding: (requests: number) => Promise<void>
  /** Waits until the connection of a held request closes: the time, or undefined after 1.5 seconds. */
  readonly closed: (request: number) => Promise<number | undefined>
  readonly stop: () => void
}

const pem = (name: string) => fileURLToPath(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url))

/** The certificate of a server that speaks TLS. Clients are told to trust it by `NODE_EXTRA_CA_CERTS`. */
export const certificate = pem("cert")

export const start = async (options: { readonly tls: boolean }): Promise<ServerProcess> => {
  const file = fileURLToPath(import.meta.resolve("./FakeServer.ts"))
  const child = fork(file, options.tls ? [certificate, pem("key")] : [])
  const listeners = new Set<(message: FromServer) => void>()
  child.on("message", (message) => {
    // FakeServer.ts sends nothing else.
    for (const listener of listeners) listener(message as FromServer)
  })

  const next = <A>(seconds: number, what: string, read: (message: FromServer) => A | undefined): Promise<A> => {
    let listener: ((message: FromServer) => void) | undefined
    const found = new Promise<A>((resolve) => {
      listener = (message) => {
        const value = read(message)
        if (value !== undefined) resolve(value)
      }
      listeners.add(listener)
    })
    return Deadline.within(seconds, what, found).finally(() => listener !== undefined && listeners.delete(listener))
  }

  const port = await next(20, "the server to listen", (message) =>
    message.event === "listening" ? message.port : undefined
  )
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    mode: (mode) => {
      const requests = next(10, "the server", (message) => (message.event === "mode" ? message.requests : undefined))
      child.send(mode)
      return requests
    },
    holding: (requests) =>
      next(60, `${requests} requests at the server`, (message) =>
        message.event === "held" && message.request >= requests ? true : undefined
      ).then(() => undefined),
    closed: (request) =>
      next(1.5, "a connection to close", (message) =>
        message.event === "closed" && message.request === request ? message.at : undefined
      ).catch(() => undefined),
    stop: () => {
      child.kill()
      child.unref()
    }
  }
}
