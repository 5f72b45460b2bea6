/**
 * The writes that concern no log: bash events, documents, messages. Those whose numbers say an order wait for their turn, so
 * that what is stored later is seen later.
 */
export const SIDE_FUNCTIONS = `
  CREATE FUNCTION $schema.append_bash_events_1(writer bigint, step bigint, events json) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    outcomes json[] := '{}';
    e record;
    owner bigint;
    target bigint;
    new_seq bigint;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    PERFORM FROM $schema.conversations WHERE id = ANY (ARRAY(
      SELECT conversation FROM json_to_recordset(events) v(conversation text))) ORDER BY key FOR KEY SHARE;
    PERFORM $schema.take_turn_1(ARRAY['bash']);
    FOR e IN SELECT * FROM json_to_recordset(events) v(conversation text, id text, kind text, "timestamp" text,
      command text, place bigint, ended boolean, size integer, json text)
    LOOP
      owner := CASE WHEN e.conversation IS NULL THEN 0
        ELSE (SELECT key FROM $schema.conversations WHERE id = e.conversation) END;
      IF owner IS NULL THEN
        outcomes := outcomes || json '{"reason":"unknown"}';
        CONTINUE;
      END IF;
      SELECT key INTO target FROM $schema.bash_scopes WHERE conversation = owner;
      IF NOT FOUND THEN
        INSERT INTO $schema.bash_scopes (conversation) VALUES (owner) RETURNING key INTO target;
      END IF;
      PERFORM FROM $schema.bash_events WHERE scope = target AND id = e.id;
      IF FOUND THEN
        outcomes := outcomes || json '{"reason":"repeated"}';
        CONTINUE;
      END IF;
      IF e.ended THEN UPDATE $schema.bash_events SET ended = true WHERE scope = target AND id = e.command; END IF;
      INSERT INTO $schema.bash_events (scope, place, size, ended, id, kind, timestamp, command, json)
        VALUES (target, e.place, e.size, e.ended, e.id, e.kind, e.timestamp, e.command, e.json)
        RETURNING seq INTO new_seq;
      outcomes := outcomes || json_build_object('seq', new_seq);
    END LOOP;
    RETURN $schema.end_write_1(writer, step, array_to_json(outcomes));
  END $body$
  SET enable_seqscan = off;

  CREATE FUNCTION $schema.clear_bash_events_1(writer bigint, step bigint, conversation_id text) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    cleared bigint;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    PERFORM $schema.take_turn_1(ARRAY['bash']);
    DELETE FROM $schema.bash_scopes WHERE conversation = CASE WHEN conversation_id IS NULL THEN 0
      ELSE (SELECT key FROM $schema.conversations WHERE id = conversation_id) END RETURNING key INTO cleared;
    IF FOUND THEN INSERT INTO $schema.bash_removed (scope) VALUES (cleared); END IF;
    RETURN $schema.end_write_1(writer, step,
      json_build_object('count', (SELECT count(*) FROM $schema.bash_events WHERE scope = cleared)));
  END $body$
  SET enable_seqscan = off;

  CREATE FUNCTION $schema.prune_bash_events_1(
    writer bigint, step bigint, older_than text, max_rows integer, max_size bigint
  ) RETURNS json LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    pruned integer;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    DELETE FROM $schema.bash_events WHERE seq IN (
      SELECT seq FROM (
        SELECT seq, sum(size) OVER (ORDER BY timestamp, seq) - size AS ahead FROM $schema.bash_events
        WHERE timestamp < older_than ORDER BY timestamp, seq LIMIT max_rows
      ) part WHERE ahead < max_size);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN $schema.end_write_1(writer, step, json_build_object('count', pruned));
  END $body$
  SET enable_seqscan = off;

  CREATE FUNCTION $schema.write_documents_1(
    writer bigint, step bigint, changes json, max_count integer, max_length bigint
  ) RETURNS json LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    PERFORM $schema.take_turn_1(ARRAY['documents']);
    PERFORM FROM json_to_recordset(changes) c(kind text, name text, expected bigint)
      LEFT JOIN $schema.named_documents d ON d.kind = c.kind AND d.name = c.name
      WHERE c.expected IS DISTINCT FROM d.revision LIMIT 1;
    IF FOUND THEN RETURN $schema.end_write_1(writer, step, '{"conflict":true}'); END IF;
    SELECT json_build_object('kind', kind, 'before', json_build_object('count', count, 'length', length),
        'after', json_build_object('count', count + more, 'length', length + longer)) INTO outcome
      FROM (
        SELECT c.kind, sum((c.size IS NOT NULL)::integer - (d.name IS NOT NULL)::integer) AS more,
          sum(coalesce(c.size, 0) - coalesce(d.size, 0)) AS longer
        FROM json_to_recordset(changes) c(kind text, name text, size bigint)
          LEFT JOIN $schema.named_documents d ON d.kind = c.kind AND d.name = c.name GROUP BY c.kind
      ) growth, LATERAL (
        SELECT count(*) AS count, coalesce(sum(size), 0) AS length FROM $schema.named_documents d
        WHERE d.kind = growth.kind
      ) totals
      WHERE (more > 0 AND count + more > max_count) OR (longer > 0 AND length + longer > max_length) LIMIT 1;
    IF FOUND THEN RETURN $schema.end_write_1(writer, step, json_build_object('full', outcome)); END IF;
    DELETE FROM $schema.named_documents d
      USING json_to_recordset(changes) c(kind text, name text) WHERE d.kind = c.kind AND d.name = c.name;
    INSERT INTO $schema.named_documents (kind, name, revision, size, json)
      SELECT kind, name, nextval('$schema.revisions'), size, json
      FROM json_to_recordset(changes) c(kind text, name text, size integer, json text) WHERE json IS NOT NULL;
    RETURN $schema.end_write_1(writer, step, '{}');
  END $body$
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;

  CREATE FUNCTION $schema.append_messages_1(writer bigint, step bigint, messages json) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    PERFORM $schema.insert_messages_1(messages);
    RETURN $schema.end_write_1(writer, step, '{}');
  END $body$;

  CREATE FUNCTION $schema.remove_messages_1(
    writer bigint, step bigint, from_queue text, first_seq bigint, last_seq bigint
  ) RETURNS json LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    DELETE FROM $schema.outbox WHERE queue = from_queue AND seq BETWEEN first_seq AND last_seq;
    RETURN $schema.end_write_1(writer, step, '{}');
  END $body$
  SET enable_seqscan = off;
`;
