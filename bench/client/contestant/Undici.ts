/** The floor: undici and JSON.parse, and nothing that a program needs beside them. */
import { Agent, request } from "undici"
import type * as Answer from "@genops/vertex/GenerateBody"
import { type Contestant, fromPromises, model, project, prompt, settings } from "../Contestant.ts"

const textOf = (body: Answer.GenerateBody) => body.candidates?.[0]?.content?.parts?.[0]?.text

export const make = (url: string): Contestant => {
  const dispatcher = new Agent()
  const base = `${url}/v1/projects/${project}/locations/global/publishers/google/models/${model}`
  const headers = { "content-type": "application/json", authorization: "Bearer token" }

  const post = (operation: string, signal?: AbortSignal) =>
    request(`${base}:${operation}`, {
      method: "POST",
      dispatcher,
      headers,
      body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: prompt }] }], generationConfig: settings }),
      ...(signal === undefined ? {} : { signal })
    })

  return fromPromises({
    abortable: true,
    generate: async (signal) => {
      const { body, statusCode } = await post("generateContent", signal)
      const json: unknown = await body.json()
      if (statusCode !== 200) throw new Error(`status ${statusCode}`)
      // Not checked: that is what makes it the floor.
      return textOf(json as Answer.GenerateBody)
    },
    stream: async function* (signal) {
      const { body } = await post("streamGenerateContent?alt=sse", signal)
      const decoder = new TextDecoder()
      let rest = ""
      for await (const bytes of body) {
        const events = (rest + decoder.decode(bytes, { stream: true })).split("\r\n\r\n")
        rest = events.pop() ?? ""
        for (const event of events) yield textOf(JSON.parse(event.slice("data: ".length)))
      }
    }
  })
}
