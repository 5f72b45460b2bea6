import type { Connections, Row } from "./connection/connections.ts";
import type { WriteCall, Writer } from "./connection/writer.ts";
import type { Schema } from "./schema/schema.ts";

/** How the parts of a store reach the database. */
export class Access {
  readonly connections: Connections;
  readonly schema: Schema;
  readonly #writer: Writer;

  constructor({ connections, schema, writer }: { connections: Connections; schema: Schema; writer: Writer }) {
    this.connections = connections;
    this.schema = schema;
    this.#writer = writer;
  }

  /** Reads rows. `$schema` in the text stands for the schema. */
  async read(text: string, ...values: unknown[]): Promise<Row[]> {
    this.connections.assertOpen();
    await this.schema.ready();
    return this.connections.read(text.replaceAll("$schema", this.schema.quoted), ...values);
  }

  /** Makes a write that does not concern the log of a conversation. */
  async write<T>(call: WriteCall): Promise<T> {
    this.connections.assertOpen();
    return this.#writer.call<T>(call);
  }

  /** As `write`, for what was accepted before the store was closed. */
  finish<T>(call: WriteCall): Promise<T> {
    return this.#writer.call<T>(call);
  }
}

/** Conditions, with the values of their placeholders, which are numbered from the first one on. */
export class Conditions {
  readonly values: unknown[];
  readonly #sql: string[] = [];

  constructor(...values: unknown[]) {
    this.values = values;
  }

  /** Adds a condition in which `?` stands for the value. Without a value, there is no condition. */
  add(sql: string, value: unknown): void {
    if (value !== undefined) this.#sql.push(sql.replaceAll("?", this.value(value)));
  }

  /** Adds a condition without a value. */
  require(sql: string): void {
    this.#sql.push(sql);
  }

  /** Adds a value. Returns its placeholder. */
  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** The conditions, each after an AND. */
  get sql(): string {
    return this.#sql.map((sql) => ` AND ${sql}`).join("");
  }
}
