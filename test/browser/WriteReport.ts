/** Writes a report as a program of its own: `node WriteReport.ts MODULE FILE`, where MODULE is the address of `Report`. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import type * as Report from "@genops/pipelines/Report"
import * as Effect from "effect/Effect"
import { pathToFileURL } from "node:url"
import * as Fixture from "../../packages/pipelines/test/ReportFixture.ts"

const [module = "", file = ""] = process.argv.slice(2)
const { write }: typeof Report = await import(pathToFileURL(module).href)
await Effect.runPromise(Effect.provide(write(file, Fixture.make({ rows: 30 })), NodeServices.layer))
