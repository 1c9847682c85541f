/** @google/genai, Google's current client, with a token at hand so that nothing but the fake server is called. */
import { GoogleGenAI, type HttpOptions } from "@google/genai"
import { type Contestant, fromPromises, model, project, prompt, settings } from "../Contestant.ts"
import { authClient } from "./AuthClient.ts"

const make = (url: string, http: HttpOptions): Contestant => {
  const { models } = new GoogleGenAI({
    vertexai: true,
    project,
    location: "global",
    httpOptions: { baseUrl: url, ...http },
    googleAuthOptions: { authClient: authClient("@google/genai") }
  })
  const request = (abortSignal?: AbortSignal) => ({
    model,
    contents: prompt,
    config: { ...settings, ...(abortSignal === undefined ? {} : { abortSignal }) }
  })
  return fromPromises({
    abortable: true,
    generate: async (signal) => (await models.generateContent(request(signal))).text,
    stream: async function* (signal) {
      for await (const chunk of await models.generateContentStream(request(signal))) yield chunk.text
    }
  })
}

export const plain = (url: string): Contestant => make(url, {})

/** With its retries on, which are off unless asked for. */
export const retrying = (url: string): Contestant => make(url, { retryOptions: {} })
