/**
 * The filters of lists of tuning jobs: comparisons by `=` joined by AND, of labels, the display name and the state.
 *
 * Vertex documents no fields; these are the ones that its sibling resources have.
 *
 * @since 0.1.0
 */
import type { Job } from "./Job.ts"
import * as Jobs from "./Job.ts"

/**
 * Says whether a job passes.
 *
 * @since 0.1.0
 */
export type JobFilter = (job: Job) => boolean

const comparison =
  /(?:labels\.([\p{Ll}\p{Lo}\p{N}_-]+|"[^"]*")|(tuned_?[mM]odel_?[dD]isplay_?[nN]ame|state))\s*(?:(=)\s*("[^"]*"|[\w-]+)|(:)\s*\*)\s*(?:$|AND\s+)/uy

const bare = (text: string): string => text.replaceAll('"', "")

/**
 * Reads a filter, such as `labels.key="value" AND tunedModelDisplayName="a"`, or `labels.key:*`. The empty one passes everything;
 * undefined when it cannot be read.
 *
 * @since 0.1.0
 */
export const parse = (text: string): JobFilter | undefined => {
  const filters: Array<JobFilter> = []
  const trimmed = text.trim()
  comparison.lastIndex = 0
  while (comparison.lastIndex < trimmed.length) {
    const found = comparison.exec(trimmed)
    if (found === null) return undefined
    const [, label, field, equals, wanted = ""] = found
    const read = (job: Job): string | undefined => {
      if (label !== undefined) return job.body.labels?.[bare(label)]
      return field === "state" ? Jobs.stateAt(job, Date.now()) : (job.body.tunedModelDisplayName ?? "")
    }
    filters.push((job) => (equals === undefined ? read(job) !== undefined : read(job) === bare(wanted)))
  }
  return (job) => filters.every((filter) => filter(job))
}
