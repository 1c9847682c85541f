/**
 * The evaluation of a tuned model and its checkpoints, as the job's `evaluationConfig` asks: each answers the questions of the validation data, and the
 * metrics score its answers. It is done, written and billed when the job is created, and shown when it has succeeded.
 *
 * @since 0.1.0
 */
import * as Finish from "../engine/Finish.ts"
import * as Generation from "../engine/Generation.ts"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Tokens from "../engine/Tokens.ts"
import * as DatasetRun from "../evaluation/DatasetRun.ts"
import type { Bill } from "../http/Answer.ts"
import * as Models from "../Models.ts"
import type { State } from "../State.ts"
import type { Example } from "./Examples.ts"
import * as Job from "./Job.ts"
import * as Recall from "./Recall.ts"
import type { EvaluationConfig } from "./TuningBody.ts"

/**
 * What an evaluation shows, one entry a checkpoint, and what it is billed: the answers, and the judges.
 *
 * @since 0.1.0
 */
export interface Done {
  readonly runs: Job.Job["evaluations"]
  readonly bills: ReadonlyArray<Bill>
}

type Settings = NonNullable<EvaluationConfig["inferenceGenerationConfig"]>

/** What a model that knows some examples answers to the question of a row, and the tokens of the prompt. */
const answer = (model: Models.Model, known: ReadonlyArray<Example>, row: Example, settings: Settings) => {
  const contents = [{ role: "user", parts: [{ text: row.question }] }]
  const request = {
    contents,
    ...(row.system === "" ? {} : { systemInstruction: { parts: [{ text: row.system }] } }),
    generationConfig: settings
  }
  const prompt = PromptTokens.count(request)
  const learned = Recall.answer(known, row.question)
  if (learned !== undefined) {
    const { maxOutputTokens = model.outputTokens, stopSequences = [] } = settings
    return { text: Finish.cut(learned, stopSequences, maxOutputTokens).text, input: prompt.total }
  }
  const texts = PromptTokens.texts(request)
  const [draft] = Generation.generate(model, request, { prompt, texts, cached: 0 }).drafts
  return { text: (draft?.parts ?? []).map((part) => part.text ?? "").join(""), input: prompt.total }
}

/**
 * Evaluates the model of a job on validation rows.
 *
 * @since 0.1.0
 */
export const run = (
  state: State,
  job: Job.Job,
  config: EvaluationConfig,
  validation: { readonly uri: string; readonly rows: ReadonlyArray<Example> }
): Done => {
  const model = Models.find(job.baseModel)
  if (model === undefined) return { runs: [], bills: [] }
  const { inferenceGenerationConfig = {}, ...asked } = config
  const bills: Array<Bill> = []
  const ofCheckpoint = (checkpoint: number) => {
    const known = Job.knowledge(job, checkpoint)
    const answers = validation.rows.map((row) => answer(model, known, row, inferenceGenerationConfig))
    const rows = validation.rows.map(({ answer: reference, question: prompt }, index) => ({
      prompt,
      reference,
      response: answers[index]?.text ?? ""
    }))
    const input = answers.reduce((sum, { input }) => sum + input, 0)
    const output = answers.reduce((sum, { text }) => sum + Tokens.count(text), 0)
    bills.push({ model: model.id, input, cached: 0, output, thoughts: 0 })
    const prefix = (asked.outputConfig?.gcsDestination?.outputUriPrefix ?? "").replace(/\/?$/, "/")
    const outputConfig = { gcsDestination: { outputUriPrefix: `${prefix}checkpoint-${checkpoint}` } }
    const dataset = { gcsSource: { uris: [validation.uri] } }
    const place = { state, location: job.location }
    const { bill, end } = DatasetRun.score(place, { ...asked, outputConfig, dataset, rows }, new Date(job.created))
    if (bill !== undefined) bills.push(bill)
    return {
      checkpointId: String(checkpoint),
      ...("error" in end ? { error: end.error } : { evaluateDatasetResponse: end.response })
    }
  }
  const spec = job.body.supervisedTuningSpec
  const checkpoints = spec?.exportLastCheckpointOnly === true ? [job.epochs] : Job.checkpoints(job)
  return { runs: checkpoints.map(ofCheckpoint), bills }
}
