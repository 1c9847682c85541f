import { sqlite, memory } from "./EngineSubject.ts"
import * as RunsContract from "./RunsContract.ts"
import * as StepContract from "./StepContract.ts"

for (const subject of [memory, sqlite]) {
  RunsContract.suite(subject, (test) => test)
  StepContract.suite(subject, (test) => test)
}
