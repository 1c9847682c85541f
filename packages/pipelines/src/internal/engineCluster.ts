/** The engine of effect/cluster over a SQL client, with settings for steps that cost money. */
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Snowflake from "effect/cluster/Snowflake"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Digest from "effect/crypto/Digest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as SqlClient from "effect/sql/SqlClient"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import * as Patience from "./enginePatience.ts"

export interface Options {
  /** For messages. */
  readonly place: string
  readonly prefix: string
  /** `alone`: no other process works with the store. `shared`: other processes do, and take over from this one when it is gone. */
  readonly runners: "alone" | "shared"
  /** Takes up no runs. */
  readonly viewOnly: boolean
}

// Read from nothing but here: effect/cluster would take HOST and PORT, say, from the environment of a server.
const settings = (viewOnly: boolean): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  // A name, no address: runners meet in the database only, nothing listens. Who has none is a client, no runner.
  runnerAddress: viewOnly ? Option.none() : Option.some(RunnerAddress.make(`genops-${crypto.randomUUID()}`, 0)),
  // How late a durable sleep wakes, and how late another runner sees what was sent to it.
  entityMessagePollInterval: "200 millis",
  // A runner that did not refresh for this long is dead: others take its runs over.
  shardLockExpiration: "6 seconds",
  shardLockRefreshInterval: "2 seconds",
  refreshAssignmentsInterval: "1 second",
  // Steps at work get this long to come to their end when the process is told to end, so that they are not paid twice.
  entityTerminationTimeout: "10 seconds",
  // A run whose workflow this program does not know waits for a program that does. By default it would fail after a minute.
  entityRegistrationTimeout: Duration.infinity
})

/** While the last runner lets its steps come to an end, effect/cluster warns every second that there is no other one. */
const isNoise = (message: unknown) =>
  (Array.isArray(message) ? message : [message]).includes("No healthy runners available")

const quiet = Layer.effect(
  Logger.CurrentLoggers,
  Effect.map(Effect.service(Logger.CurrentLoggers), (loggers) => {
    const filtered = (logger: Logger.Logger<unknown, unknown>) =>
      Logger.make((options) => (isNoise(options.message) ? undefined : logger.log(options)))
    return new Set([...loggers].map(filtered))
  })
)

/** Needs the tables of `engineMigrations`. */
export const layer = ({
  place,
  prefix,
  runners,
  viewOnly
}: Options): Layer.Layer<WorkflowEngine, never, SqlClient.SqlClient> => {
  const isAlone = runners === "alone"
  const messages = Layer.effect(
    MessageStorage.MessageStorage,
    Effect.flatMap(SqlMessageStorage.makeEncodedStorage({ prefix }), (storage) =>
      MessageStorage.makeEncoded(isAlone ? Patience.wrap(place, storage) : storage)
    )
  )
  return ClusterWorkflowEngine.layer.pipe(
    Layer.provide(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provide(messages),
    Layer.provide([
      isAlone ? RunnerStorage.layerMemory : SqlRunnerStorage.layerStorage({ prefix }),
      RunnerHealth.layerNoop
    ]),
    Layer.provide([ShardingConfig.layer(settings(viewOnly)), quiet]),
    Layer.provide([Snowflake.layerGenerator, Digest.layerWebCrypto])
  )
}
