/** Who is compared: the seven of the guide, or those of a file. A candidate of the model "tuned" stands for what the run tunes first. */
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as CandidatesFile from "@genops/pipelines/CandidatesFile"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { configurations } from "../01-generate-content.ts"
import { UsageError } from "./Options.ts"

type Candidates = ReadonlyArray<ModelConfiguration.ModelConfiguration>

const standIn = "tuned"

const order = ["pro", "balanced", "deterministic", "random", "flash", "grounded", "tuned"]

const tuned = configurations
  .filter(({ name }) => name === "flash")
  .map((flash) => ({ ...flash, name: "tuned", model: standIn }))

/** pro, balanced, deterministic, random, flash, grounded, tuned. */
const guide: Candidates = [...configurations, ...tuned].toSorted(
  (a, b) => order.indexOf(a.name) - order.indexOf(b.name)
)

/** Reads the candidates of `--candidates`, or takes those of the guide. */
export const read = (path: Option.Option<string>): Effect.Effect<Candidates, UsageError, FileSystem.FileSystem> =>
  Option.match(path, {
    onNone: () => Effect.succeed(guide),
    onSome: (file) =>
      Effect.mapError(CandidatesFile.read(file), ({ message }) => new UsageError({ description: message }))
  })

export const needTuning = (candidates: Candidates): boolean => candidates.some(({ model }) => model === standIn)

/** Puts a model in the place of what is to be tuned: its endpoint, or its base model where only costs are asked for. */
export const resolve = (candidates: Candidates, model: string): Candidates =>
  candidates.map((candidate) => (candidate.model === standIn ? { ...candidate, model } : candidate))

/** The candidate that the others are compared with: the one asked for, or `flash`, or the first. */
export const baseline = (candidates: Candidates, asked: Option.Option<string>): Option.Option<string> =>
  Option.orElse(asked, () => (candidates.some(({ name }) => name === "flash") ? Option.some("flash") : Option.none()))
