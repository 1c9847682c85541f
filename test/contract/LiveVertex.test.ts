/**
 * The contracts, kept by the live layers and by Google's client against Vertex AI itself. They cost a little; they run when
 * GENOPS_LIVE_PROJECT and GENOPS_LIVE_LOCATION name where, with application-default credentials. GENOPS_LIVE_MODEL replaces the model.
 */
import * as GoogleSdk from "@genops/vertex/GoogleSdk"
import * as Vertex from "@genops/vertex/Vertex"
import { VertexAI } from "@google-cloud/vertexai"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as GenerativeModelContract from "./GenerativeModelContract.ts"
import { Sent } from "./Subject.ts"
import * as TokenCounterContract from "./TokenCounterContract.ts"

const project = process.env["GENOPS_LIVE_PROJECT"]
const location = process.env["GENOPS_LIVE_LOCATION"]
const model = process.env["GENOPS_LIVE_MODEL"] ?? "gemini-3.5-flash"

// Vertex does not tell how many requests it has received, and no prompt is sure to be blocked.
const sent = Layer.succeed(Sent, { total: Effect.succeed(0) })

if (project === undefined || location === undefined) {
  describe("contracts on Vertex AI", () =>
    it.skip("needs GENOPS_LIVE_PROJECT and GENOPS_LIVE_LOCATION", () => undefined))
} else {
  const apiEndpoint = location === "global" ? { apiEndpoint: "aiplatform.googleapis.com" } : {}
  const live = { model, layer: Layer.merge(Vertex.layer({ project, location }), sent) }
  const sdk = {
    model,
    layer: Layer.merge(
      Layer.suspend(() => GoogleSdk.layer(new VertexAI({ project, location, ...apiEndpoint }))),
      sent
    )
  }
  GenerativeModelContract.suite("Vertex", live)
  TokenCounterContract.suite("Vertex", live)
  GenerativeModelContract.suite("GoogleSdk", sdk)
  TokenCounterContract.suite("GoogleSdk", sdk)
}
