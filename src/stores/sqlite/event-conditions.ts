import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { EventFilter } from "../store.ts";

/** A query, with the values of its placeholders. */
interface Query {
  sql: string;
  values: SQLInputValue[];
}

interface Place {
  key: SQLOutputValue;
  marked: SQLOutputValue;
}

/** Conditions on the events of one conversation. */
export class EventConditions {
  readonly place: Place;
  readonly filter: EventFilter;
  readonly #added: { sql: string; values: SQLInputValue[] }[] = [];

  /** The conditions on kind and source are those of the filter. */
  constructor(place: Place, filter: EventFilter) {
    this.place = place;
    this.filter = filter;
  }

  /** Adds a condition that begins with a column of `events`. */
  add(sql: string, ...values: SQLInputValue[]): void {
    this.#added.push({ sql, values });
  }

  /** The added conditions: those on the place in the log, or all others. */
  added({ onSeq }: { onSeq: boolean }): Query {
    const chosen = this.#added.filter(({ sql }) => sql.startsWith("seq ") === onSeq);
    return {
      sql: chosen.map(({ sql }) => ` AND ${sql}`).join(""),
      values: chosen.flatMap(({ values }) => values),
    };
  }
}

/**
 * Selects columns, of which `seq` is the first, of the events that meet the conditions. Those of a kind or source come
 * by their marks, and the few newest are looked through. Both parts are in the order of the log, so that SQLite reads a
 * page of them and no more.
 */
export function eventRows(columns: readonly string[], conditions: EventConditions): Query {
  const { place, filter } = conditions;
  const { key, marked } = place;
  const author = authorOf(filter);
  const bounds = conditions.added({ onSeq: true });
  const others = conditions.added({ onSeq: false });
  const select = `SELECT ${columns.join(", ")} FROM events WHERE conversation = ?`;
  // Messages have a separate index.
  if (author.values.length === 0 || filter.body !== undefined) {
    const values = [key, ...author.values, ...bounds.values, ...others.values];
    return { sql: `${select}${author.sql}${bounds.sql}${others.sql}`, values };
  }
  const unmarked = {
    sql: `${select} AND seq >= ?${author.sql}${bounds.sql}${others.sql}`,
    values: [key, marked, ...author.values, ...bounds.values, ...others.values],
  };
  const marks = {
    sql: `FROM event_marks AS mark WHERE conversation = ? AND seq < ?${author.sql}${bounds.sql}`,
    values: [key, marked, ...author.values, ...bounds.values],
  };
  const [seq, ...rest] = columns;
  if (rest.length === 0 && others.values.length === 0) {
    return join(unmarked, { sql: `SELECT ${seq} ${marks.sql}`, values: marks.values });
  }
  const found = rest.map((column) => `, event.${column}`).join("");
  return join(unmarked, {
    sql: `SELECT mark.seq AS seq${found} FROM (SELECT seq ${marks.sql}) AS mark
      CROSS JOIN events AS event ON event.conversation = ? AND event.seq = mark.seq WHERE TRUE${others.sql}`,
    values: [...marks.values, key, ...others.values],
  });
}

function join(one: Query, other: Query): Query {
  return { sql: `${one.sql} UNION ALL ${other.sql}`, values: [...one.values, ...other.values] };
}

function authorOf({ kind, source }: EventFilter): Query {
  const columns = Object.entries({ kind, source }).filter(([, value]) => value !== undefined);
  return {
    sql: columns.map(([column]) => ` AND ${column} = ?`).join(""),
    values: columns.map(([, value]) => value as string),
  };
}
