import { request } from "undici"

const [baseUrl] = process.argv.slice(2)
const path = "v1/projects/acme/locations/global/publishers/google/models/gemini-3.5-flash:generateContent"
const { body } = await request(`${baseUrl}/${path}`, {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer token" },
  body: JSON.stringify({
    contents: [{ role: "user", parts: [{ text: "What is the capital of France?" }] }],
    generationConfig: { maxOutputTokens: 256 }
  })
})
const reply = await body.json()
console.log(reply.candidates[0].content.parts[0].text)
