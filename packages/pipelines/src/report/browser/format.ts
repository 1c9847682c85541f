/**
 * Prints numbers for people: the same in the report as written and in the reader's browser, whatever its language.
 *
 * @since 0.1.0
 */
import type { Measure } from "./data.ts"

/**
 * Makes the printers. What is not a number prints as a dash.
 *
 * @since 0.1.0
 */
export const make = () => {
  const missing = "\u2013"
  const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",")
  /** With a true minus sign, thousands separated; -0.00 is 0.00. */
  const fixed = (value: number | null | undefined, decimals: number): string => {
    if (value === null || value === undefined || !Number.isFinite(value)) return missing
    const [whole = "", fraction] = Math.abs(value).toFixed(decimals).split(".")
    const sign = value < 0 && Number(`${whole}.${fraction ?? 0}`) !== 0 ? "\u2212" : ""
    return sign + grouped(whole) + (fraction === undefined ? "" : `.${fraction}`)
  }
  /** A difference, with its sign. */
  const signed = (value: number | null | undefined, decimals: number): string => {
    const text = fixed(value, decimals)
    return value !== null && value !== undefined && value > 0 && /[1-9]/.test(text) ? `+${text}` : text
  }
  const count = (value: number) => grouped(String(value))
  const percent = (share: number | null | undefined) =>
    share === null || share === undefined ? missing : `${fixed(share * 100, 0)}%`
  /** Three significant digits, without an exponent. */
  const usd = (value: number | null | undefined): string => {
    if (value === null || value === undefined || !Number.isFinite(value)) return missing
    if (value === 0) return "$0"
    const decimals = value >= 100 ? 0 : value >= 1 ? 2 : Math.min(12, 2 - Math.floor(Math.log10(value)))
    return `$${fixed(value, decimals).replace(/(\.\d\d\d*?)0+$/, "$1")}`
  }
  /** 37 ms, 0.94 s, 12.5 s, 2 m 30 s, 41 m, 2 h 5 m, 3 d 4 h. */
  const duration = (milliseconds: number | null | undefined): string => {
    if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return missing
    if (milliseconds < 99.5) return `${fixed(milliseconds, 0)} ms`
    const seconds = milliseconds / 1000
    if (seconds < 99.95) return `${fixed(seconds, seconds < 9.995 ? 2 : 1)} s`
    const whole = Math.round(seconds)
    if (whole < 600) return `${Math.floor(whole / 60)} m${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`
    const minutes = Math.round(seconds / 60)
    if (minutes < 60) return `${minutes} m`
    const hours = Math.floor(minutes / 60)
    if (hours < 48) return `${hours} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} m`}`
    return `${Math.floor(hours / 24)} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`
  }
  /** A value that a row has of a measure, in its unit. */
  const measured = ({ rowDecimals, unit }: Measure, value: number | null | undefined): string => {
    if (value === null || value === undefined) return missing
    if (unit === "ms") return duration(value)
    if (unit === "usd") return usd(value)
    if (unit === "choice" && Number.isInteger(value)) return value > 0 ? "won" : value < 0 ? "lost" : "tie"
    return fixed(value, rowDecimals)
  }
  /** A difference of two such values. */
  const difference = (measure: Measure, value: number | null | undefined): string => {
    if (measure.unit !== "ms" && measure.unit !== "usd") return signed(value, measure.rowDecimals)
    if (value === null || value === undefined || value === 0) return measured(measure, value)
    return (value > 0 ? "+" : "\u2212") + measured(measure, Math.abs(value))
  }
  return { missing, fixed, signed, count, percent, usd, duration, measured, difference }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Format = ReturnType<typeof make>
