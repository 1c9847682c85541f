/** promptfoo's `evaluate()` with providers that call the server, no cache, no telemetry. Arguments: URL CONCURRENCY ROWS. */
import * as rouge from "js-rouge"
import { evaluate } from "promptfoo"
import * as Work from "../../compare/Work.ts"

const [url, concurrency, rows] = process.argv.slice(2)

const providers = Work.candidates.map(({ model, name, seed }) => ({
  id: () => name,
  callApi: async (prompt) => {
    const response = await fetch(url + Work.pathOf(model), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer token" },
      body: JSON.stringify(Work.bodyOf(seed, prompt))
    })
    if (!response.ok) return { error: `status ${response.status}` }
    return { output: (await response.json()).candidates[0].content.parts[0].text }
  }
}))

const tests = Array.from({ length: Number(rows) }, (_, i) => {
  const { article, reference } = Work.row(i)
  return {
    vars: { article },
    assert: [
      { type: "rouge-n", value: reference, threshold: 0, metric: "rouge1" },
      { type: "bleu", value: reference, threshold: 0 },
      // It has no other ROUGE than the first: these are as its users write them.
      { type: "javascript", value: (output) => rouge.n(output, reference, { n: 2 }), threshold: 0 },
      { type: "javascript", value: (output) => rouge.l(output, reference), threshold: 0 },
      { type: "equals", value: reference, metric: "exact" }
    ]
  }
})

await Work.report(async () => {
  const prompts = [Work.template.replace("{article}", "{{article}}")]
  const evaluated = await evaluate(
    { prompts, providers, tests, writeLatestResults: false },
    { maxConcurrency: Number(concurrency), cache: false, showProgressBar: false }
  )
  const { results } = await evaluated.toEvaluateSummary()
  const mean = (name) =>
    results.reduce((sum, { namedScores }) => sum + (namedScores[name] ?? Number.NaN), 0) / results.length
  return {
    cells: results.filter(({ response }) => response?.output !== undefined).length,
    rouge1: mean("rouge1"),
    exactMatch: mean("exact")
  }
})
