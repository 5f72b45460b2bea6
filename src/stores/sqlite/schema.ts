/**
 * One entry takes a database from its index to the next version; `user_version` counts those done.
 *
 * `reached` is the latest timestamp of the log up to and including the event, so it never falls as `seq` grows, and
 * `last_late` is the last `seq` whose own timestamp lies before it. Together they turn a bound on timestamps into an
 * exact bound on `seq`, whatever the clock did.
 *
 * `event_marks` says where the events of an id, a kind and a source are: those of the first events of a log, up to some
 * place. The few after it are looked through. Marks are written many at a time, because an index that every commit adds
 * to costs a page of the file for each event.
 *
 * `removed` holds the keys of conversations whose events are still to be deleted, a few at a time.
 *
 * A bash scope is a conversation, or the server, whose place has the number 0. Its events are hidden at once by giving
 * up its key, which `bash_removed` then holds until they are deleted. A command has `ended` with its final output.
 *
 * Sub-agents are conversations with an `agent_of`. Lists leave them out, and so do the indexes of lists.
 *
 * `documents` belong to conversations, `named_documents` to none. `size` is the length of `json` in UTF-16 code units.
 *
 * `outbox` has messages until they are delivered, whatever becomes of the conversations they tell of.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE conversations (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    status TEXT NOT NULL,
    title TEXT,
    parent_id TEXT,
    leaf_event_id TEXT,
    event_count INTEGER NOT NULL DEFAULT 0,
    reached TEXT NOT NULL DEFAULT '',
    last_late INTEGER NOT NULL DEFAULT -1
  ) STRICT;
  CREATE INDEX conversations_by_created ON conversations (created_at, id);
  CREATE INDEX conversations_by_updated ON conversations (updated_at, id);
  CREATE INDEX conversations_by_status_created ON conversations (status, created_at, id);
  CREATE INDEX conversations_by_status_updated ON conversations (status, updated_at, id);
  CREATE INDEX conversations_by_parent ON conversations (parent_id, created_at, id) WHERE parent_id IS NOT NULL;

  CREATE TABLE documents (
    conversation INTEGER NOT NULL,
    name TEXT NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (conversation, name)
  ) STRICT;

  CREATE TABLE events (
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    reached TEXT NOT NULL,
    body TEXT,
    json TEXT NOT NULL,
    UNIQUE (conversation, seq),
    UNIQUE (conversation, id)
  ) STRICT;
  CREATE TABLE removed (conversation INTEGER PRIMARY KEY) STRICT;
  CREATE INDEX events_by_kind ON events (conversation, kind, seq);
  CREATE INDEX events_by_source ON events (conversation, source, seq);
  CREATE INDEX events_by_time ON events (conversation, reached, seq);
  CREATE INDEX events_with_body ON events (conversation, seq) WHERE body IS NOT NULL;
  `,
  `
  ALTER TABLE conversations ADD COLUMN created_by TEXT;
  CREATE INDEX conversations_by_creator_created ON conversations (created_by, created_at, id)
    WHERE created_by IS NOT NULL;
  CREATE INDEX conversations_by_creator_updated ON conversations (created_by, updated_at, id)
    WHERE created_by IS NOT NULL;
  CREATE INDEX conversations_by_creator_status_created ON conversations (created_by, status, created_at, id)
    WHERE created_by IS NOT NULL;
  CREATE INDEX conversations_by_creator_status_updated ON conversations (created_by, status, updated_at, id)
    WHERE created_by IS NOT NULL;
  `,
  `
  CREATE TABLE bash_scopes (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE bash_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    scope INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    command TEXT,
    place INTEGER,
    ended INTEGER NOT NULL,
    size INTEGER NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (scope, id)
  ) STRICT;
  CREATE INDEX bash_events_by_time ON bash_events (scope, timestamp, seq);
  CREATE INDEX bash_events_by_kind ON bash_events (scope, kind, timestamp, seq);
  CREATE INDEX bash_events_by_command ON bash_events (scope, command, timestamp, seq) WHERE command IS NOT NULL;
  CREATE INDEX bash_events_by_age ON bash_events (timestamp);
  CREATE INDEX bash_commands_unfinished ON bash_events (seq) WHERE command IS NULL AND ended = 0;
  CREATE TABLE bash_removed (scope INTEGER PRIMARY KEY) STRICT;
  `,
  `
  CREATE TABLE named_documents (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (kind, name)
  ) STRICT;
  CREATE INDEX named_documents_by_kind ON named_documents (kind, size);
  `,
  `
  CREATE TABLE log_events (
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    reached TEXT NOT NULL,
    body TEXT,
    json TEXT NOT NULL,
    UNIQUE (conversation, seq)
  ) STRICT;
  INSERT INTO log_events SELECT conversation, seq, id, kind, source, timestamp, reached, body, json FROM events ORDER BY rowid;
  DROP TABLE events;
  ALTER TABLE log_events RENAME TO events;
  CREATE INDEX events_with_body ON events (conversation, seq) WHERE body IS NOT NULL;

  CREATE TABLE event_marks (
    conversation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (conversation, seq),
    UNIQUE (conversation, id)
  ) STRICT;
  CREATE INDEX event_marks_by_kind ON event_marks (conversation, kind, seq);
  CREATE INDEX event_marks_by_source ON event_marks (conversation, source, seq);
  INSERT OR IGNORE INTO event_marks SELECT conversation, seq, id, kind, source FROM events
    WHERE seq < ${Number.MAX_SAFE_INTEGER} ORDER BY conversation, seq;
  `,
  `
  ALTER TABLE conversations ADD COLUMN agent_of TEXT;
  CREATE INDEX conversations_by_agent ON conversations (agent_of, created_at, id) WHERE agent_of IS NOT NULL;
  ${["created", "updated", "status_created", "status_updated"].map(withoutSubAgents).join("\n")}
  `,
  `
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX outbox_by_queue ON outbox (queue, seq);
  `,
  `
  ALTER TABLE conversations ADD COLUMN machine TEXT;
  `,
];

/** Makes the indexes of lists again, of the conversations that lists have. */
function withoutSubAgents(name: string): string {
  const columns = `${name.replace("status_", "status, ")}_at, id`;
  return `
  DROP INDEX conversations_by_${name};
  CREATE INDEX conversations_by_${name} ON conversations (${columns}) WHERE agent_of IS NULL;
  DROP INDEX conversations_by_creator_${name};
  CREATE INDEX conversations_by_creator_${name} ON conversations (created_by, ${columns})
    WHERE created_by IS NOT NULL AND agent_of IS NULL;`;
}

/**
 * The number of events of a conversation's row, and with it the place of the next. The log itself is the authority, so
 * that a damaged `event_count` neither leaves a gap nor meets a place that is taken. A place that no log reaches is
 * damage.
 */
export const EVENT_COUNT = `max(0, coalesce((SELECT max(seq) + 1 FROM events
  WHERE conversation = conversations.key AND seq < ${Number.MAX_SAFE_INTEGER}), 0))`;
