/** Runs a benchmark: `npm run bench -- client [--runs N] [--quick]`. */
import { parseArgs } from "node:util"

const benchmarks = {
  client: {
    about: "generateContent beside undici, Google's clients and the AI SDK",
    load: () => import("./client.ts")
  },
  compare: {
    about: "a comparison of models beside promptfoo and a script, and how it scales",
    load: () => import("./compare.ts")
  },
  durable: {
    about: "what a durable step costs, on each engine and beside DBOS Transact",
    load: () => import("./durable.ts")
  },
  metrics: { about: "text metrics beside js-rouge", load: () => import("./metrics.ts") }
}

const usage = `usage: npm run bench -- NAME [--runs N] [--quick]

${Object.entries(benchmarks)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join("\n")}

  --runs N  rounds of each measure
  --quick   few rounds: a minute instead of five
`

const isName = (name: string | undefined): name is keyof typeof benchmarks =>
  name !== undefined && Object.hasOwn(benchmarks, name)

const wrong = (message: string): never => {
  process.stderr.write(`${message}\n\n${usage}`)
  process.exit(2)
}

const parse = () => {
  try {
    const options = { runs: { type: "string" }, quick: { type: "boolean", default: false } } as const
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error))
  }
}

const {
  positionals: [name, ...rest],
  values
} = parse()

if (name === undefined) {
  process.stdout.write(usage)
} else if (!isName(name) || rest.length > 0) {
  wrong(`there is no benchmark ${JSON.stringify([name, ...rest].join(" "))}`)
} else {
  const runs = values.runs === undefined ? undefined : Number(values.runs)
  if (runs !== undefined && (!Number.isSafeInteger(runs) || runs < 1)) wrong(`--runs is a whole number from 1`)
  const { run } = await benchmarks[name].load()
  await run({ runs, quick: values.quick })
}
