/**
 * Every Google route of the emulator, one module a resource family. A new family is one line here.
 *
 * @since 0.1.0
 */
import type { Route } from "./http/Route.ts"
import * as BigQueryDiscovery from "./route/BigQueryDiscovery.ts"
import * as BigQueryJobs from "./route/BigQueryJobs.ts"
import * as BigQueryTables from "./route/BigQueryTables.ts"
import * as CachedContents from "./route/CachedContents.ts"
import * as CountTokens from "./route/CountTokens.ts"
import * as Evaluation from "./route/Evaluation.ts"
import * as GenerateContent from "./route/GenerateContent.ts"
import * as Metadata from "./route/Metadata.ts"
import * as Operations from "./route/Operations.ts"
import * as PublisherModels from "./route/PublisherModels.ts"
import * as Storage from "./route/Storage.ts"
import * as TuningJobs from "./route/TuningJobs.ts"
import type { State } from "./State.ts"

/**
 * The table of routes; the first that fits answers.
 *
 * @since 0.1.0
 */
export const make = (state: State): ReadonlyArray<Route> => [
  ...TuningJobs.routes(state),
  ...GenerateContent.routes(state),
  ...CountTokens.routes(state),
  ...PublisherModels.routes,
  ...CachedContents.routes(state),
  ...Metadata.routes(state),
  ...Evaluation.routes(state),
  ...Operations.routes(state),
  ...Storage.routes(state),
  ...BigQueryTables.routes(state),
  ...BigQueryJobs.routes(state),
  ...BigQueryDiscovery.routes(state)
]
