/**
 * Checksums over the rows of a file, kept by triggers: SQLite finds damage in the structure of a file, but takes a changed byte in a value
 * for the value. A step's result that reads "43" where "42" was written must not be used.
 *
 * The sum of a table is that of the digests of its rows, so a write adds and subtracts one digest. It guards against accidents, not against
 * forgery.
 */
import { createHash } from "node:crypto"
import type { DatabaseSync, SQLOutputValue } from "node:sqlite"

const mask = 2n ** 48n - 1n

const text = (value: SQLOutputValue): string => {
  if (value === null) return "n"
  if (typeof value === "string") return `t${value.length}:${value}`
  return typeof value === "object" ? `b${Buffer.from(value).toString("hex")}` : `${typeof value}${value}`
}

const digest = (values: ReadonlyArray<SQLOutputValue>): bigint =>
  BigInt(`0x${createHash("sha256").update(values.map(text).join()).digest("hex").slice(0, 12)}`)

/** Teaches a connection the function that the triggers call. */
export const install = (database: DatabaseSync): void =>
  database.function(
    "genops_digest",
    { deterministic: true, useBigIntArguments: true, varargs: true },
    (...values: ReadonlyArray<SQLOutputValue>) => digest(values)
  )

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** The statements that make the sums of these tables, which are empty still, and keep them from now on. */
export const statements = (
  sums: string,
  tables: ReadonlyArray<string>,
  columnsOf: (table: string) => ReadonlyArray<string>
): ReadonlyArray<string> => [
  `CREATE TABLE ${quoted(sums)} (name TEXT PRIMARY KEY, sum INTEGER NOT NULL)`,
  ...tables.flatMap((table) => {
    const digestOf = (row: string) =>
      `genops_digest(${columnsOf(table)
        .map((column) => `${row}.${quoted(column)}`)
        .join(", ")})`
    const trigger = (event: string, change: string) =>
      `CREATE TRIGGER ${quoted(`${sums}_${table}_${event}`)} AFTER ${event} ON ${quoted(table)} BEGIN ` +
      `UPDATE ${quoted(sums)} SET sum = (sum ${change}) & ${mask} WHERE name = '${table}'; END`
    return [
      `INSERT INTO ${quoted(sums)} VALUES ('${table}', 0)`,
      trigger("INSERT", `+ ${digestOf("NEW")}`),
      trigger("UPDATE", `+ ${digestOf("NEW")} - ${digestOf("OLD")}`),
      trigger("DELETE", `- ${digestOf("OLD")}`)
    ]
  })
]

/** Adds the digests of the rows that a query returns. */
const sumOf = (database: DatabaseSync, query: string): bigint => {
  const statement = database.prepare(query)
  statement.setReadBigInts(true)
  let sum = 0n
  for (const row of statement.iterate()) sum = (sum + digest(Object.values(row))) & mask
  return sum
}

/** The name under which the sum of the definitions of all tables, indexes and triggers is kept. */
const definitions = "(definitions)"

const queryOf = (name: string): string =>
  name === definitions ? "SELECT type, name, tbl_name, sql FROM sqlite_schema" : `SELECT * FROM ${quoted(name)}`

/** Whether the file has sums. */
export const areKept = (database: DatabaseSync, sums: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(sums) !== undefined

/** Names the tables whose rows are not those that were written. */
export const damaged = (database: DatabaseSync, sums: string): ReadonlyArray<string> => {
  const statement = database.prepare(`SELECT name, sum FROM ${quoted(sums)}`)
  statement.setReadBigInts(true)
  return statement
    .all()
    .filter(({ name, sum }) => sum !== sumOf(database, queryOf(String(name))))
    .map(({ name }) => String(name))
}

/** Before definitions are changed. */
export const forgetDefinitions = (database: DatabaseSync, sums: string): void => {
  database.prepare(`DELETE FROM ${quoted(sums)} WHERE name = ?`).run(definitions)
}

/** After definitions were changed, or when they were found to be in order. */
export const keepDefinitions = (database: DatabaseSync, sums: string): void => {
  const sum = sumOf(database, queryOf(definitions))
  database.prepare(`INSERT OR IGNORE INTO ${quoted(sums)} VALUES (?, ?)`).run(definitions, sum)
}
