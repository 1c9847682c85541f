/** Parts of an amount of money. */
import * as Money from "@genops/core/Money"

const onePico = Money.usd("0.000000000001")

/** Money from the number of pico-dollars that budgets count in. */
export const fromPico = (amount: bigint): Money.Money => Money.times(onePico, amount)

/** What `parts` of `whole` equal parts come to, rounded to the nearest pico-dollar. `whole` is not 0. */
export const scaled = (money: Money.Money, parts: number, whole: number): Money.Money =>
  fromPico((2n * money * BigInt(parts) + BigInt(whole)) / (2n * BigInt(whole)))
