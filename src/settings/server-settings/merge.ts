import { isObject } from "../../is-object.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Applies a JSON merge patch: null removes, objects are merged, everything else replaces. An object that replaces
 * something else keeps its nulls.
 */
export function mergePatch(base: Fields, patch: Fields): Record<string, unknown> {
  return merge(base, patch, { nullRemoves: true, mergeInner: mergePatch });
}

/** Merges objects: null removes an entry of an inner object, and replaces one of the outermost. Lists are replaced. */
export function deepMerge(base: Fields, overlay: Fields): Record<string, unknown> {
  return merge(base, overlay, { nullRemoves: false, mergeInner: mergePatch });
}

interface MergeRules {
  nullRemoves: boolean;
  mergeInner(base: Fields, overlay: Fields): Record<string, unknown>;
}

function merge(
  base: Fields,
  overlay: Fields,
  { nullRemoves, mergeInner }: MergeRules,
): Record<string, unknown> {
  // A map takes a key named __proto__ like any other.
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(overlay)) {
    const before = merged.get(key);
    if (value === null && nullRemoves) merged.delete(key);
    else merged.set(key, isObject(value) && isObject(before) ? mergeInner(before, value) : value);
  }
  return Object.fromEntries(merged);
}
