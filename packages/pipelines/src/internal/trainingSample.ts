/** A sample of a stream whose length is not known: each element has the same chance, and the same stream gives the same sample. */
import * as Random from "@genops/core/statistics/Random"

/** Takes elements, and tells which were chosen so far. Source: J. S. Vitter, "Random Sampling with a Reservoir", algorithm R, 1985. */
export const make = <A>(size: number) => {
  const chosen: Array<A> = []
  const random = Random.xoshiro128ss(1)
  let seen = 0
  return {
    chosen,
    take: (element: A) => {
      seen++
      if (chosen.length < size) chosen.push(element)
      else {
        const place = Math.floor((random() / 2 ** 32) * seen)
        if (place < size) chosen[place] = element
      }
    }
  }
}
