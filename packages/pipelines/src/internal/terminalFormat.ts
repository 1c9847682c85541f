/** Numbers as people read them on a terminal. */
import * as Money from "@genops/core/Money"

/** 45s, 3m12s, 1h05m. Less than nothing is 0s. */
export const duration = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  const two = (value: number) => String(value).padStart(2, "0")
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes}m${two(seconds % 60)}s` : `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`
}

/** A duration that is a guess: to the second below 20 s, then to 5 s, from ten minutes on to the minute. */
export const about = (milliseconds: number): string => {
  const step = milliseconds < 20_000 ? 1_000 : milliseconds < 600_000 ? 5_000 : 60_000
  return duration(Math.max(1_000, Math.round(milliseconds / step) * step)).replace("m00s", "m")
}

/** 0.9s, 12.3s: a latency. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)}s`

/** 1,872. */
export const count = (quantity: number): string => quantity.toString().replace(/\B(?=([0-9]{3})+$)/g, ",")

/** 1 row, 2 rows. */
export const counted = (quantity: number, unit: string): string =>
  `${count(quantity)} ${unit}${quantity === 1 ? "" : "s"}`

/** 52%: rounded down, so that 100% is the end. Nothing of nothing is 100%. */
export const percent = (done: number, total: number): string =>
  `${total === 0 ? 100 : Math.floor((done / total) * 100)}%`

/** A score: two decimals, three where two would show little. */
export const score = (value: number): string => value.toFixed(value !== 0 && Math.abs(value) < 0.1 ? 3 : 2)

/** 4 Unavailable, 2 ContentBlocked: the most frequent first. */
export const tags = (errors: Readonly<Record<string, number>>): string =>
  Object.entries(errors)
    .toSorted(([, a], [, b]) => b - a)
    .map(([tag, times]) => `${count(times)} ${tag}`)
    .join(", ")

/** $1.88 of $5.00. */
export const ofBudget = (spent: Money.Money, budget: Money.Money | undefined): string =>
  budget === undefined ? Money.format(spent) : `${Money.format(spent)} of ${Money.format(budget)}`
