/** Leaves fields out that have no value: in a file they would stand as null. */

type Defined<A> = { readonly [K in keyof A as undefined extends A[K] ? never : K]: A[K] } & {
  readonly [K in keyof A as undefined extends A[K] ? K : never]?: Exclude<A[K], undefined>
}

export const defined = <A extends object>(fields: A): Defined<A> => {
  const kept = { ...fields }
  for (const name in kept) if (kept[name] === undefined) delete kept[name]
  // The fields of A without those that are undefined, which is what the type says.
  return kept as Defined<A>
}
