/** A server whose state a test holds, with training data in its Cloud Storage, and calls of tuning. */
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import * as Fault from "../src/control/Fault.ts"
import * as Ledger from "../src/control/Ledger.ts"
import * as Listener from "../src/http/Listener.ts"
import * as Routes from "../src/Routes.ts"
import * as State from "../src/State.ts"
import type { Settings } from "../src/tuning/Settings.ts"
import * as Objects from "./Objects.ts"

/** A line of training data. */
export const line = (question: string, answer: string) =>
  JSON.stringify({
    contents: [
      { role: "user", parts: [{ text: question }] },
      { role: "model", parts: [{ text: answer }] }
    ]
  })

/** Twenty examples. */
export const lines = Array.from({ length: 20 }, (_, index) =>
  line(`Which colour has ticket number ${index}?`, `colour-${index}`)
)

/** The fields of the answers that these tests look at; each test knows which of them its answer has. */
interface Body {
  readonly name: string
  readonly state: string | number
  readonly endTime?: string
  readonly labels: Readonly<Record<string, string>>
  readonly error: { readonly code: number; readonly message: string; readonly status: string }
  readonly preTunedModel: { readonly baseModel?: string }
  readonly tunedModel: {
    readonly model: string
    readonly endpoint: string
    readonly checkpoints: Array<{ readonly checkpointId: string; readonly endpoint: string }>
  }
  readonly tuningDataStats: {
    readonly supervisedTuningDataStats: Readonly<Record<string, unknown>>
    readonly preferenceOptimizationDataStats: Readonly<Record<string, unknown>>
  }
  readonly supervisedTuningSpec: Readonly<Record<string, unknown>> & {
    readonly hyperParameters: Readonly<Record<string, unknown>>
  }
  readonly tunedModelDisplayName?: string
  readonly baseModel?: string
  readonly startTime?: string
  readonly evaluateDatasetRuns?: ReadonlyArray<{
    readonly checkpointId: string
    readonly error?: { readonly code: number; readonly message: string }
    readonly evaluateDatasetResponse: {
      readonly aggregationOutput: { readonly aggregationResults: ReadonlyArray<Readonly<Record<string, unknown>>> }
      readonly outputInfo: { readonly gcsOutputDirectory: string }
    }
  }>
  readonly done?: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  readonly response: Body & { readonly "@type": string }
  readonly tuningJobs: ReadonlyArray<Body>
  readonly nextPageToken: string
  readonly modelVersion: string
  readonly totalTokens: number
  readonly candidates?: ReadonlyArray<{
    readonly finishReason?: string
    readonly content?: { readonly parts?: ReadonlyArray<{ readonly text?: string }> }
  }>
}

/** A server over a state that the test holds. */
export const serve = async (tuning: Settings = { seconds: 0.2 }) => {
  const state = State.make({ endpoints: {}, enforceRegions: false, refusesNewerFields: false, tuning })
  const routes = Routes.make(state)
  const ledger = Ledger.make(routes.map(({ operation }) => operation))
  const faults = Fault.make()
  const server = createServer(
    Listener.make({ routes, control: [], ledger, faults, anyHost: false, anonymous: true, latency: () => 0 })
  )
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
  Objects.put(state, "gs://bucket/train.jsonl", lines.join("\n"))
  const call = async (method: string, path: string, body?: unknown) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${url}/v1/${path}`, { method, ...sent })
    const parsed: Body = JSON.parse(await answer.text())
    return { status: answer.status, body: parsed }
  }
  const parent = "projects/demo-project/locations/us-central1"
  const create = (more: object = {}, uri = "gs://bucket/train.jsonl") =>
    call("POST", `${parent}/tuningJobs`, {
      baseModel: "gemini-2.5-flash",
      supervisedTuningSpec: { trainingDatasetUri: uri, hyperParameters: { epochCount: "2" } },
      ...more
    })
  const ended = async (name: string) => {
    for (;;) {
      const { body } = await call("GET", name)
      if (body.endTime !== undefined) return body
      await sleep(20)
    }
  }
  const ask = async (endpoint: string, text: string, more: object = {}) => {
    const { body } = await call("POST", `${endpoint}:generateContent`, {
      contents: [{ role: "user", parts: [{ text }] }],
      ...more
    })
    return { text: body.candidates?.[0]?.content?.parts?.[0]?.text, body }
  }
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { ask, call, close, create, ended, faults, ledger, parent, state, url, [Symbol.dispose]: close }
}
