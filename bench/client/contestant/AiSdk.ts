/** The Vercel AI SDK with its provider for Vertex AI. */
import { createGoogleVertex } from "@ai-sdk/google-vertex"
import { generateText, streamText } from "ai"
import { type Contestant, fromPromises, model, project, prompt, settings } from "../Contestant.ts"
import { authClient } from "./AuthClient.ts"

export const make = (url: string): Contestant => {
  const provider = createGoogleVertex({
    project,
    location: "global",
    baseURL: `${url}/v1/projects/${project}/locations/global/publishers/google`,
    googleAuthOptions: { authClient: authClient("@ai-sdk/google-vertex") }
  })
  const request = (abortSignal?: AbortSignal) => ({
    model: provider(model),
    prompt,
    ...settings,
    ...(abortSignal === undefined ? {} : { abortSignal })
  })
  return fromPromises({
    abortable: true,
    generate: async (signal) => (await generateText(request(signal))).text,
    stream: async function* (signal) {
      yield* streamText(request(signal)).textStream
    }
  })
}
