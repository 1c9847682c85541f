/** Google's own client of ML Metadata, unchanged, over REST: it works against the emulator, and reads what `Experiments` has written. */
import { Emulator } from "@genops/emulator"
import * as Credentials from "@genops/vertex/Credentials"
import * as Experiments from "@genops/vertex/Experiments"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import { MetadataServiceClient } from "@google-cloud/aiplatform"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { OAuth2Client } from "google-auth-library"

const location = "projects/acme/locations/us-central1"
const store = `${location}/metadataStores/default`
const numbered = store.replace("acme", "123456789012")

const clientOf = (url: string) => {
  const { hostname, port, protocol } = new URL(url)
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: "a-token", expiry_date: Date.now() + 3_600_000 })
  return new MetadataServiceClient({
    fallback: true,
    apiEndpoint: hostname,
    port: Number(port),
    protocol: protocol.slice(0, -1),
    projectId: "acme",
    authClient
  })
}

const withClient = <A>(use: (client: MetadataServiceClient) => Promise<A>) =>
  Effect.flatMap(Emulator.Emulator, ({ url }) => Effect.promise(() => use(clientOf(url))))

const code = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "it succeeded",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error)
  )

const experiments = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Experiments.layer.pipe(
      Layer.provide(VertexClient.layer),
      Layer.provide(Credentials.layerToken(Redacted.make("a-token"))),
      Layer.provide(VertexConfig.layer({ project: "acme", location: "us-central1", baseUrl: url }))
    )
  )
)

layer(Layer.provideMerge(experiments, Emulator.layer({ anonymous: false })), {
  excludeTestServices: true,
  timeout: "60 seconds"
})("@google-cloud/aiplatform 7.4.0, MetadataServiceClient", (it) => {
  it.effect("makes the store and waits for it", () =>
    withClient(async (client) => {
      assert.strictEqual(await code(client.getMetadataStore({ name: store })), 5)
      // Of an empty message the client makes the body `""`, which is no message: the description keeps it from that.
      const metadataStore = { description: "the default" }
      const create = () => client.createMetadataStore({ parent: location, metadataStoreId: "default", metadataStore })
      const [operation] = await create()
      const [made] = await operation.promise()
      assert.strictEqual(made.name, numbered)
      const [read] = await client.getMetadataStore({ name: store })
      assert.strictEqual(read.name, numbered)
      const [stores] = await client.listMetadataStores({ parent: location })
      assert.strictEqual(stores.length, 1)
      assert.strictEqual(await code(create()), 6)
    })
  )

  it.effect("creates, links, lists, updates and deletes contexts", () =>
    withClient(async (client) => {
      const create = (contextId: string, schemaTitle: string) =>
        client.createContext({
          parent: store,
          contextId,
          context: { displayName: contextId, schemaTitle, schemaVersion: "0.0.1" }
        })
      const [experiment] = await create("exp-1", "system.Experiment")
      const [run] = await create("exp-1-run", "system.ExperimentRun")
      assert.strictEqual(experiment.name, `${numbered}/contexts/exp-1`)
      assert.strictEqual(await code(create("exp-1", "system.Experiment")), 6)
      assert.strictEqual(await code(create("Not An Id", "x")), 3)
      const link = { context: `${store}/contexts/exp-1`, childContexts: [String(run.name)] }
      await client.addContextChildren(link)
      await client.addContextChildren(link)
      const filter = `schema_title="system.ExperimentRun" AND parent_contexts:"${experiment.name}"`
      const [runs] = await client.listContexts({ parent: store, filter })
      assert.deepStrictEqual(
        runs.map(({ name }) => name),
        [run.name]
      )
      const write = (etag: string | null | undefined, accuracy: number) =>
        client.updateContext({
          context: {
            name: String(run.name),
            etag: etag ?? "",
            metadata: { fields: { accuracy: { numberValue: accuracy } } }
          },
          updateMask: { paths: ["metadata"] }
        })
      const [updated] = await write(run.etag, 0.5)
      assert.strictEqual(updated.metadata?.fields?.["accuracy"]?.numberValue, 0.5)
      assert.notStrictEqual(updated.etag, run.etag)
      // The client's own message of 409 ABORTED: code 10.
      assert.strictEqual(await code(write(run.etag, 0.6)), 10)
      await client.removeContextChildren(link)
      const [alone] = await client.listContexts({ parent: store, filter })
      assert.deepStrictEqual(alone, [])
      const [deletion] = await client.deleteContext({ name: String(run.name) })
      await deletion.promise()
      assert.strictEqual(await code(client.getContext({ name: String(run.name) })), 5)
    })
  )

  it.effect("follows executions and artifacts of a context", () =>
    withClient(async (client) => {
      const [execution] = await client.createExecution({
        parent: store,
        executionId: "evaluate",
        execution: { displayName: "evaluate", state: "RUNNING", schemaTitle: "system.Run", schemaVersion: "0.0.1" }
      })
      const [artifact] = await client.createArtifact({
        parent: store,
        artifactId: "dataset",
        artifact: { uri: "gs://b/d.jsonl", state: "LIVE" }
      })
      assert.strictEqual(execution.state, "RUNNING")
      assert.strictEqual(artifact.state, "LIVE")
      const context = `${store}/contexts/exp-1`
      await client.addContextArtifactsAndExecutions({
        context,
        artifacts: [String(artifact.name)],
        executions: [String(execution.name)]
      })
      await client.addExecutionEvents({
        execution: String(execution.name),
        events: [{ artifact: String(artifact.name), type: "INPUT" }]
      })
      const [lineage] = await client.queryContextLineageSubgraph({ context })
      assert.deepStrictEqual(
        lineage.events?.map(({ artifact, type }) => [artifact, type]),
        [[artifact.name, "INPUT"]]
      )
      const [ended] = await client.updateExecution({
        execution: { name: String(execution.name), state: "COMPLETE" },
        updateMask: { paths: ["state"] }
      })
      assert.strictEqual(ended.state, "COMPLETE")
      const [complete] = await client.listExecutions({ parent: store, filter: 'state="COMPLETE"' })
      assert.strictEqual(complete.length, 1)
    })
  )

  it.effect("reads what Experiments writes, and the other way round", () =>
    Effect.gen(function* () {
      yield* Experiments.create("shared", { description: "ours" })
      const run = yield* Experiments.startRun("shared", "run-1", { params: { model: "flash" } })
      const resource = yield* withClient(async (client) => {
        const [context] = await client.getContext({ name: `${store}/contexts/shared-run-1` })
        assert.strictEqual(context.schemaTitle, "system.ExperimentRun")
        assert.deepStrictEqual(context.parentContexts, [`${numbered}/contexts/shared`])
        const params = context.metadata?.fields?.["_params"]?.structValue?.fields
        assert.strictEqual(params?.["model"]?.stringValue, "flash")
        // Somebody else logs a metric: our handle does not know the new etag.
        const metrics = { structValue: { fields: { theirs: { numberValue: 1 } } } }
        const fields = { ...context.metadata?.fields, _metrics: metrics }
        const [updated] = await client.updateContext({ context: { ...context, metadata: { fields } } })
        return updated.name
      })
      assert.strictEqual(run.resource, resource)
      yield* run.logMetrics({ ours: 2 })
      yield* run.end()
      const [read] = yield* Stream.runCollect(Experiments.listRuns("shared"))
      assert.deepStrictEqual(read?.metrics, { theirs: 1, ours: 2 })
      assert.deepStrictEqual(read?.params, { model: "flash" })
      assert.strictEqual(read?.state, "COMPLETE")
    })
  )

  it.effect("keeps a run that also belongs to another experiment", () =>
    Effect.gen(function* () {
      yield* Experiments.create("first")
      yield* Experiments.create("second")
      const both = yield* Experiments.startRun("first", "both")
      yield* Experiments.startRun("first", "only")
      yield* withClient((client) =>
        client.addContextChildren({ context: `${store}/contexts/second`, childContexts: [both.resource] })
      )
      yield* Experiments.delete("first")
      const runs = yield* Stream.runCollect(Experiments.listRuns("second"))
      assert.deepStrictEqual(
        runs.map(({ name, resource }) => [name, resource]),
        [["both", both.resource]]
      )
      yield* withClient(async (client) => {
        assert.strictEqual(await code(client.getContext({ name: `${store}/contexts/first-only` })), 5)
      })
    })
  )
})
