/** Measures `CompareModels` beside promptfoo and a script, and how it scales. */
import { cpus } from "node:os"
import { markdown } from "./client/Table.ts"
import * as Large from "./compare/Large.ts"
import * as Peers from "./compare/Peers.ts"
import * as Race from "./compare/Race.ts"

interface Options {
  readonly runs: number | undefined
  readonly quick: boolean
}

/** Measures everything and prints a table for each measure. */
export const run = async ({ quick, runs }: Options): Promise<void> => {
  const missing = Peers.install()
  if (missing !== undefined) console.log(`The peers cannot be installed here, so they are left out:\n${missing}\n`)
  console.log(`${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown processor"}, Node ${process.version}\n`)
  const race = { rounds: runs ?? (quick ? 1 : 5), hasPeers: missing === undefined }
  for (const words of [60, 600]) {
    for (const concurrency of [32, 128]) console.log(markdown(await Race.measure({ ...race, concurrency, words })))
  }
  console.log(markdown(await Large.quota(quick)))
  console.log(markdown(await Large.report(quick ? 1 : 5)))
  console.log(markdown(await Large.sizesOf(quick)))
}
