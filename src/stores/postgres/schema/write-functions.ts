/**
 * What every write begins and ends with, and the writes of the log.
 *
 * `begin_write` takes the row of the writer, with `{}` as the outcome, which most writes have. It returns the outcome of
 * a write that is made already, and refuses one that arrives after a later one, so that nothing newer is undone by it. A
 * write that was given up waits for locks no longer than it is repeated, also where a pooler keeps the store from limiting
 * its sessions.
 *
 * `commit_changes` makes all changes or none: it returns null, or which of them is refused and why. All are given merged,
 * as if they were one. Updates of conversations that get no events are lone ones. It takes the claims, then the
 * conversations, each in one order, so that two writers wait for each other in one direction only. A conversation that
 * another writer has just created is met when it is inserted, which fails in a way that is repeated. An id of an event
 * that is taken is met when the event is inserted, which fails as a whole.
 *
 * Reads of single rows by their keys are what these functions want whatever the planner has heard of the tables: they
 * are planned once a session, when the tables may be empty, since to plan takes longer than to run.
 */
export const WRITE_FUNCTIONS = `
  CREATE FUNCTION $schema.begin_write_1(writer bigint, step bigint) RETURNS json LANGUAGE plpgsql AS $body$
  DECLARE
    done record;
  BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
    IF current_setting('lock_timeout') = '0' THEN PERFORM set_config('lock_timeout', '30s', true); END IF;
    UPDATE $schema.writers SET last = step, outcome = '{}', used_at = now() WHERE id = writer AND last < step;
    IF FOUND THEN RETURN NULL; END IF;
    SELECT last, outcome INTO done FROM $schema.writers WHERE id = writer;
    IF NOT FOUND THEN RAISE EXCEPTION 'unknown writer' USING ERRCODE = 'AS001'; END IF;
    IF done.last > step THEN RAISE EXCEPTION 'a later write was made' USING ERRCODE = 'AS002'; END IF;
    RETURN done.outcome;
  END $body$;

  CREATE FUNCTION $schema.end_write_1(writer bigint, step bigint, result json) RETURNS json LANGUAGE plpgsql AS $body$
  BEGIN
    IF result::text <> '{}' THEN UPDATE $schema.writers SET outcome = result WHERE id = writer; END IF;
    RETURN result;
  END $body$;

  CREATE FUNCTION $schema.take_turn_1(names text[]) RETURNS void LANGUAGE sql AS $body$
    SELECT pg_advisory_xact_lock(key) FROM
      (SELECT DISTINCT hashtextextended('$name/' || name, 0) AS key FROM unnest(names) name ORDER BY key) keys;
  $body$;

  CREATE FUNCTION $schema.insert_messages_1(messages json) RETURNS void LANGUAGE plpgsql AS $body$
  BEGIN
    PERFORM $schema.take_turn_1(ARRAY(SELECT 'outbox/' || queue FROM json_to_recordset(messages) m(queue text)));
    INSERT INTO $schema.outbox (queue, at, bytes, size, json)
      SELECT queue, at, bytes, size, json
      FROM ROWS FROM (json_to_recordset(messages) AS (queue text, at bigint, bytes integer, size integer, json text))
        WITH ORDINALITY AS m(queue, at, bytes, size, json, place) ORDER BY place;
  END $body$;

  CREATE TYPE $schema.change_1 AS (
    n integer, id text, is_new boolean, is_whole boolean, first integer, count integer, fence bigint);
  CREATE TYPE $schema.event_1 AS (
    conversation text, fence bigint, seq integer, size integer, id text, kind text, source text,
    "timestamp" text, body text, json text);

  CREATE FUNCTION $schema.refusal_1(changes $schema.change_1[]) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    refused record;
  BEGIN
    SELECT c.n, verdict.reason, c.event_count INTO refused FROM (
      SELECT c.*, coalesce(e.event_count, 0) + coalesce(sum(c.count) OVER earlier, 0) AS event_count,
        e.key IS NOT NULL OR coalesce(bool_or(c.is_new) OVER earlier, false) AS is_there
      FROM unnest(changes) c LEFT JOIN $schema.conversations e ON e.id = c.id
      WINDOW earlier AS (PARTITION BY c.id ORDER BY c.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) c, LATERAL (SELECT CASE
      WHEN c.is_new AND c.is_there THEN 'exists'
      WHEN NOT c.is_new AND NOT c.is_there THEN 'unknown'
      WHEN c.fence IS NOT NULL AND NOT EXISTS (
        SELECT FROM $schema.claims l JOIN $schema.nodes o ON o.id = l.node
        WHERE l.id = c.id AND l.fence = c.fence AND NOT o.dead) THEN 'fenced'
      WHEN NOT c.is_whole OR (c.count > 0 AND c.first <> c.event_count) THEN 'gap'
    END AS reason) verdict
    WHERE verdict.reason IS NOT NULL ORDER BY c.n LIMIT 1;
    IF FOUND THEN
      RETURN json_build_object('n', refused.n, 'reason', refused.reason, 'count', refused.event_count);
    END IF;
    RETURN NULL;
  END $body$
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET jit = off;

  CREATE FUNCTION $schema.commit_changes_1(
    writer bigint, step bigint, changes json, created json, updates jsonb, lone_updates jsonb, documents json, events json,
    messages json
  ) RETURNS json LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    new_changes $schema.change_1[];
    made integer;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    new_changes := ARRAY(SELECT c FROM json_populate_recordset(NULL::$schema.change_1, changes) c);
    PERFORM FROM $schema.claims
      WHERE id = ANY (ARRAY(SELECT id FROM unnest(new_changes) WHERE fence IS NOT NULL)) ORDER BY id FOR SHARE;
    PERFORM FROM $schema.conversations
      WHERE id = ANY (ARRAY(SELECT id FROM unnest(new_changes))) ORDER BY key FOR NO KEY UPDATE;
    outcome := $schema.refusal_1(new_changes);
    IF outcome IS NOT NULL THEN RETURN $schema.end_write_1(writer, step, outcome); END IF;

    IF created IS NOT NULL THEN
      DELETE FROM $schema.removed WHERE conversation = ANY (ARRAY(
        SELECT key FROM json_to_recordset(created) c(key bigint) WHERE key IS NOT NULL)) AND kept_until > now();
      GET DIAGNOSTICS made = ROW_COUNT;
      IF made < (SELECT count(key) FROM json_to_recordset(created) c(key bigint)) THEN
        RETURN $schema.end_write_1(writer, step, json_build_object('n', 0, 'reason', 'late'));
      END IF;
      INSERT INTO $schema.conversations (key, id, created_at, updated_at, status, title, parent_id, created_by,
          leaf_event_id, agent_of, machine, event_count, reached, last_late)
        SELECT coalesce(key, nextval(pg_get_serial_sequence('$schema.conversations', 'key'))), id, created_at, updated_at,
          status, title, parent_id, created_by, leaf_event_id, agent_of, machine, event_count, reached, last_late
        FROM json_to_recordset(created) c(key bigint, id text, created_at text, updated_at text, status text, title text,
          parent_id text, created_by text, leaf_event_id text, agent_of text, machine text, event_count integer, reached text,
          last_late integer) ORDER BY id
        ON CONFLICT (id) DO NOTHING;
      GET DIAGNOSTICS made = ROW_COUNT;
      IF made < json_array_length(created) THEN
        RAISE EXCEPTION 'a conversation was created meanwhile' USING ERRCODE = 'serialization_failure';
      END IF;
    END IF;

    IF events IS NOT NULL THEN
      WITH placed AS MATERIALIZED (
        SELECT c.key, e.*, greatest(c.reached, max(e.timestamp) OVER (PARTITION BY c.key ORDER BY e.seq)) AS top
        FROM json_populate_recordset(NULL::$schema.event_1, events) e JOIN $schema.conversations c ON c.id = e.conversation
      ), inserted AS (
        INSERT INTO $schema.events (conversation, seq, size, fence, id, kind, source, timestamp, reached, body, json)
          SELECT key, seq, size, fence, id, kind, source, timestamp, top, body, json FROM placed
      ), ends AS (
        SELECT key, conversation, max(seq) + 1 AS event_count, max(top) AS reached,
          max(seq) FILTER (WHERE timestamp < top) AS last_late
        FROM placed GROUP BY key, conversation
      )
      UPDATE $schema.conversations c SET
        event_count = ends.event_count,
        reached = ends.reached,
        last_late = coalesce(ends.last_late, c.last_late),
        updated_at = coalesce(u->>'updated_at', c.updated_at),
        status = coalesce(u->>'status', c.status),
        title = CASE WHEN u ? 'title' THEN u->>'title' ELSE c.title END,
        leaf_event_id = CASE WHEN u ? 'leaf_event_id' THEN u->>'leaf_event_id' ELSE c.leaf_event_id END
      FROM ends, LATERAL (SELECT updates->ends.conversation AS u) own
      WHERE c.key = ends.key;
    END IF;

    IF lone_updates IS NOT NULL THEN
      UPDATE $schema.conversations c SET
        updated_at = coalesce(u->>'updated_at', c.updated_at),
        status = coalesce(u->>'status', c.status),
        title = CASE WHEN u ? 'title' THEN u->>'title' ELSE c.title END,
        leaf_event_id = CASE WHEN u ? 'leaf_event_id' THEN u->>'leaf_event_id' ELSE c.leaf_event_id END
      FROM jsonb_each(lone_updates) lone(id, u)
      WHERE c.id = lone.id;
    END IF;

    IF documents IS NOT NULL THEN
      INSERT INTO $schema.documents (conversation, name, json)
        SELECT c.key, d.name, d.json FROM json_to_recordset(documents) d(id text, name text, json text)
          JOIN $schema.conversations c ON c.id = d.id ORDER BY c.key, d.name
        ON CONFLICT (conversation, name) DO UPDATE SET json = excluded.json;
    END IF;
    IF messages IS NOT NULL THEN PERFORM $schema.insert_messages_1(messages); END IF;
    RETURN $schema.end_write_1(writer, step, '{}');
  END $body$
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET jit = off;

  CREATE FUNCTION $schema.remove_conversation_1(writer bigint, step bigint, conversation_id text) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    removed_key bigint;
    removed_scope bigint;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    DELETE FROM $schema.claims WHERE id = conversation_id;
    DELETE FROM $schema.conversations WHERE id = conversation_id RETURNING key INTO removed_key;
    IF FOUND THEN
      DELETE FROM $schema.documents WHERE conversation = removed_key;
      INSERT INTO $schema.removed (conversation) VALUES (removed_key);
      DELETE FROM $schema.bash_scopes WHERE conversation = removed_key RETURNING key INTO removed_scope;
      IF FOUND THEN INSERT INTO $schema.bash_removed (scope) VALUES (removed_scope); END IF;
    END IF;
    RETURN $schema.end_write_1(writer, step, '{}');
  END $body$
  SET enable_seqscan = off;
`;
