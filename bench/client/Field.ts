/** Servers and contestants that stay for many rounds and take turns, so that the noise of the machine hits all alike. */
import * as ContestantProcess from "./ContestantProcess.ts"
import { all, type Entry } from "./Contestants.ts"
import * as ServerProcess from "./ServerProcess.ts"
import type { Turn } from "./ContestantProcess.ts"

/** The two servers, one for each kind of connection. */
export interface Servers {
  readonly of: (client: Pick<Entry, "tls">) => ServerProcess.ServerProcess
  readonly stop: () => void
}

export const startServers = async (): Promise<Servers> => {
  const plain = await ServerProcess.start({ tls: false })
  const tls = await ServerProcess.start({ tls: true })
  return {
    of: (client) => (client.tls === true ? tls : plain),
    stop: () => {
      plain.stop()
      tls.stop()
    }
  }
}

/** The turns of each contestant, one for each round. */
export type Turns = ReadonlyMap<string, ReadonlyArray<Turn>>

/**
 * Warms everybody up, sizes the work to `seconds` for each, and lets them take turns for so many rounds. Each round starts with
 * another contestant.
 */
export const takeTurns = async (
  servers: Servers,
  options: {
    readonly rounds: number
    readonly seconds: number
    readonly warmUp: number
    readonly command: (amount: number) => ContestantProcess.Command
  }
): Promise<Turns> => {
  const field: Array<{ readonly racer: ContestantProcess.ContestantProcess; readonly amount: number }> = []
  try {
    for (const entry of all) {
      const racer = await ContestantProcess.start(entry, servers.of(entry).url)
      field.push({ racer, amount: 0 })
      await racer.ask(options.command(options.warmUp))
      const { milliseconds } = await racer.ask(options.command(options.warmUp))
      const amount = Math.max(1, Math.round((options.warmUp * options.seconds * 1000) / milliseconds))
      field[field.length - 1] = { racer, amount }
    }
    const turns = new Map<string, Array<Turn>>(all.map((entry) => [entry.name, []]))
    for (let round = 0; round < options.rounds; round++) {
      for (let i = 0; i < field.length; i++) {
        const member = field[(i + round) % field.length]
        if (member === undefined) continue
        const turn = await member.racer.ask(options.command(member.amount))
        turns.get(member.racer.entry.name)?.push(turn)
      }
    }
    return turns
  } finally {
    for (const { racer } of field) racer.stop()
  }
}

/** The ratios of a figure to that of the floor in the same round. */
export const ratios = (turns: Turns, { floor, name }: Entry, figure: (turn: Turn) => number): ReadonlyArray<number> => {
  const below = turns.get(floor) ?? []
  return (turns.get(name) ?? []).flatMap((turn, round) => {
    const base = below[round]
    return base === undefined ? [] : [figure(turn) / figure(base)]
  })
}
