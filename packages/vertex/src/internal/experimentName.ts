/** The rules of names: an experiment's name is a context id of ML Metadata, a run's is `{experiment}-{run}`. */

/** What is wrong with a name. */
export interface Violation {
  readonly field: string
  readonly description: string
}

/** A run's context id keeps 7 of the 128 characters free, as Google's SDK does, for the ids that it derives from it. */
const longestRunId = 121

/** A name that obeys the rule, for the message. */
const proposed = (name: string): string => {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 60)
  return slug.length < 4 || slug === name ? "" : `; "${slug}" does`
}

const quoted = (name: string): string => JSON.stringify(name.length > 130 ? `${name.slice(0, 130)}…` : name)

const ofExperiment = (name: string): ReadonlyArray<Violation> => {
  if (/^[a-z0-9-]{4,128}$/.test(name)) return []
  const rule = "has 4 to 128 of the characters a-z, 0-9 and -"
  return [{ field: "experiment", description: `a name ${rule}, which ${quoted(name)} does not obey${proposed(name)}` }]
}

const ofRun = (experiment: string, run: string): ReadonlyArray<Violation> => {
  if (!/^[a-z0-9-]+$/.test(run)) {
    const rule = "consists of the characters a-z, 0-9 and -"
    return [{ field: "run", description: `a name ${rule}, which ${quoted(run)} does not obey${proposed(run)}` }]
  }
  const { length } = idOfRun(experiment, run)
  if (length <= longestRunId) return []
  const rule = `"{experiment}-{run}" has at most ${longestRunId} characters`
  return [{ field: "run", description: `${rule}, here ${length}` }]
}

/** Says what is wrong with the name of an experiment and, when given, of a run of it. */
export const violations = (experiment: string, run?: string): ReadonlyArray<Violation> => [
  ...ofExperiment(experiment),
  ...(run === undefined ? [] : ofRun(experiment, run))
]

/** The context id of a run. */
export const idOfRun = (experiment: string, run: string): string => `${experiment}-${run}`
