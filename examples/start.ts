/** What `npm start` shows: the first two programs, one after the other, with the flags that both understand. */
import { spawnSync } from "node:child_process"

const run = (name: string, flags: ReadonlyArray<string>) => {
  console.log(`\n$ npm run example -- ${[name, ...flags].join(" ")}\n`)
  const { status } = spawnSync(process.execPath, [`${import.meta.dirname}/run.ts`, name, ...flags], {
    stdio: "inherit"
  })
  return status ?? 130
}

const flags = process.argv.slice(2)
const codes = [run("01-generate-content", flags), run("02-enforce-budgets", flags)]

console.log(
  "\nSix configurations answered one prompt under a hard budget in US dollars, then one request was counted and allowed before it was sent." +
    "\nTry a refusal: npm run example -- 02-enforce-budgets --max-tokens 20     Real Vertex AI: npm start -- --live --project ID"
)
process.exitCode = codes.find((code) => code !== 0) ?? 0
