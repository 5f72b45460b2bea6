import { isObject } from "../../../is-object.ts";

export type Payload = Record<string, unknown>;

/** Leads from one version to the next. Must not change its argument. */
export type Migration = (payload: Payload) => Payload;

/** A document that no migration leads to the present version: damaged, or of a newer program. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

export interface MigrationPlan {
  /** Name of the document, for error texts. */
  name: string;
  /** The step from each version, beginning with version 0. The last one leads to the present version. */
  steps: readonly Migration[];
}

/**
 * Leads a document of any older version to the present one. A document without a version is of version 0.
 *
 * @throws MigrationError for a newer version, or one that is not a number
 */
export function migrate(input: unknown, { name, steps }: MigrationPlan): Payload {
  if (!isObject(input)) throw new MigrationError(`${name} must be an object`);
  const version = versionOf(input, name);
  if (version > steps.length) {
    throw new MigrationError(
      `${name} schema_version ${version} is newer than supported version ${steps.length}.`,
    );
  }
  const migrated = steps.slice(version).reduce((payload, step) => step(payload), input);
  return version === steps.length ? migrated : { ...migrated, schema_version: steps.length };
}

function versionOf({ schema_version: version = 0 }: Payload, name: string): number {
  if (version === null) return 0;
  if (typeof version !== "number" || !Number.isInteger(version))
    throw new MigrationError(`${name} schema_version must be an integer`);
  if (version < 0) throw new MigrationError(`${name} schema_version must be non-negative.`);
  return version;
}
