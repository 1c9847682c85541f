/** Runs an example by the stem of its file: `npm run example -- 02-enforce-budgets --help`. */
import { readdirSync } from "node:fs"

const names = readdirSync(import.meta.dirname)
  .filter((file) => /^\d\d-.*(?<!\.test)\.ts$/.test(file))
  .map((file) => file.slice(0, -".ts".length))
  .toSorted()

const [name, ...flags] = process.argv.slice(2)
const chosen = names.find((candidate) => candidate === name)
if (chosen === undefined) {
  const asksForHelp = name === undefined || name === "--help" || name === "-h"
  const text = [
    ...(asksForHelp ? [] : [`There is no example ${JSON.stringify(name)}.`]),
    "npm run example -- NAME [flags]        NAME is one of",
    ...names.map((candidate) => `  ${candidate}`),
    "Each takes --help."
  ].join("\n")
  if (asksForHelp) console.log(text)
  else console.error(text)
  process.exitCode = asksForHelp && name !== undefined ? 0 : 2
} else {
  // The example reads its own flags, as if it had been started directly.
  process.argv = [process.argv[0] ?? "node", `${import.meta.dirname}/${chosen}.ts`, ...flags]
  const example: { readonly main: () => void } = await import(`./${chosen}.ts`)
  example.main()
}
