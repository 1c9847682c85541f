/** What people write themselves: p-limit, fetch and js-rouge. Arguments: URL CONCURRENCY ROWS. */
import { createWriteStream, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as rouge from "js-rouge"
import pLimit from "p-limit"
import * as Work from "../../compare/Work.ts"

const [url, concurrency, rows] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), "script-bench-"))

const generate = async (model, seed, prompt) => {
  const response = await fetch(url + Work.pathOf(model), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer token" },
    body: JSON.stringify(Work.bodyOf(seed, prompt))
  })
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()).candidates[0].content.parts[0].text
}

await Work.report(async () => {
  const limit = pLimit(Number(concurrency))
  const out = createWriteStream(join(directory, "cells.jsonl"))
  const all = []
  for (let i = 0; i < Number(rows); i++) {
    const row = Work.row(i)
    for (const { model, name, seed } of Work.candidates) {
      all.push(
        limit(async () => {
          const answer = await generate(model, seed, Work.promptOf(row))
          const scores = {
            rouge1: rouge.n(answer, row.reference, { n: 1 }),
            rouge2: rouge.n(answer, row.reference, { n: 2 }),
            rougeL: rouge.l(answer, row.reference),
            exact: Number(answer === row.reference),
            contains: Number(answer.includes(row.reference))
          }
          out.write(`${JSON.stringify({ name, id: row.id, answer, scores })}\n`)
          return scores
        })
      )
    }
  }
  const scores = await Promise.all(all)
  await new Promise((resolve) => out.end(resolve))
  rmSync(directory, { recursive: true })
  const mean = (name) => scores.reduce((sum, one) => sum + one[name], 0) / scores.length
  return { cells: scores.length, rouge1: mean("rouge1"), exactMatch: mean("exact") }
})
