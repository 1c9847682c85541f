/**
 * The explicit caches of a server, in memory. An expired cache is gone.
 *
 * @since 0.1.0
 */
import * as Hash from "../engine/Hash.ts"
import type { CachedContent } from "../wire/CachedContent.ts"

/**
 * A cache: where it lies, what it holds, how many tokens that is, and its times in milliseconds since 1970.
 *
 * @since 0.1.0
 */
export interface Cache {
  readonly id: string
  readonly location: string
  readonly modelId: string
  readonly held: CachedContent
  readonly tokens: number
  readonly characters: number
  readonly created: number
  readonly updated: number
  readonly expires: number
}

/**
 * The caches of a server.
 *
 * @since 0.1.0
 */
export interface CacheStore {
  readonly add: (cache: Omit<Cache, "id">) => Cache
  readonly find: (location: string, id: string) => Cache | undefined
  readonly list: (location: string) => ReadonlyArray<Cache>
  readonly replace: (cache: Cache) => void
  readonly remove: (id: string) => void
  readonly clear: () => void
}

/**
 * Starts without caches.
 *
 * @since 0.1.0
 */
export const make = (): CacheStore => {
  const caches = new Map<string, Cache>()
  let made = 0
  const isLive = (cache: Cache) => cache.expires > Date.now()
  const prune = () => {
    for (const cache of caches.values()) if (!isLive(cache)) caches.delete(cache.id)
  }
  return {
    add: (cache) => {
      prune()
      const id = `${Hash.text(`cache ${++made}`)}${String(made).padStart(9, "0")}`
      const added = { ...cache, id }
      caches.set(id, added)
      return added
    },
    find: (location, id) => {
      const cache = caches.get(id)
      return cache !== undefined && cache.location === location && isLive(cache) ? cache : undefined
    },
    list: (location) => [...caches.values()].filter((cache) => cache.location === location && isLive(cache)),
    replace: (cache) => caches.set(cache.id, cache),
    remove: (id) => caches.delete(id),
    clear: () => {
      caches.clear()
      made = 0
    }
  }
}
