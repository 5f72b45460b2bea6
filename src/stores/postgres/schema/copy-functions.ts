/**
 * Copies of logs, made in parts under a key that no conversation has yet, and the deletion of events that are out of
 * sight. A log in the making is kept for a minute after its last part. `first_reaching` halves a log, because an index
 * of times would cost each commit more than it saves a search.
 */
export const COPY_FUNCTIONS = `
  CREATE FUNCTION $schema.first_reaching_1(log bigint, moment text) RETURNS integer LANGUAGE plpgsql STABLE AS $body$
  DECLARE
    low integer := 0;
    high integer := (SELECT event_count FROM $schema.conversations WHERE key = log);
    middle integer;
  BEGIN
    WHILE low < high LOOP
      middle := (low + high) / 2;
      IF (SELECT reached >= moment FROM $schema.events WHERE conversation = log AND seq = middle) THEN high := middle;
      ELSE low := middle + 1; END IF;
    END LOOP;
    RETURN low;
  END $body$
  SET enable_seqscan = off;

  CREATE FUNCTION $schema.begin_copy_1(writer bigint, step bigint, source_id text) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    source_key bigint := (SELECT key FROM $schema.conversations WHERE id = source_id);
    new_key bigint;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    IF source_key IS NULL THEN RETURN $schema.end_write_1(writer, step, '{"reason":"unknown"}'); END IF;
    new_key := nextval(pg_get_serial_sequence('$schema.conversations', 'key'));
    INSERT INTO $schema.removed (conversation, kept_until) VALUES (new_key, now() + interval '1 minute');
    RETURN $schema.end_write_1(writer, step, json_build_object('source', source_key, 'key', new_key));
  END $body$;

  CREATE FUNCTION $schema.copy_part_1(
    writer bigint, step bigint, source_id text, source_key bigint, new_key bigint, spans json, place integer,
    reached_before text, max_size bigint
  ) RETURNS json LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    PERFORM FROM $schema.conversations WHERE id = source_id AND key = source_key;
    IF NOT FOUND THEN RETURN $schema.end_write_1(writer, step, '{"reason":"unknown"}'); END IF;
    UPDATE $schema.removed SET kept_until = now() + interval '1 minute'
      WHERE conversation = new_key AND kept_until > now();
    IF NOT FOUND THEN RETURN $schema.end_write_1(writer, step, '{"reason":"late"}'); END IF;
    WITH part AS MATERIALIZED (
      SELECT e.seq, e.timestamp, place + row_number() OVER upward - 1 AS new_seq,
        sum(e.size) OVER upward - e.size AS ahead
      FROM json_to_recordset(spans) span(first bigint, last bigint)
        JOIN $schema.events e ON e.conversation = source_key AND e.seq BETWEEN span.first AND span.last
      WINDOW upward AS (ORDER BY e.seq)
    ), fitting AS MATERIALIZED (
      SELECT seq, timestamp, new_seq, greatest(reached_before, max(timestamp) OVER (ORDER BY seq)) AS top
      FROM part WHERE ahead < max_size
    ), inserted AS (
      INSERT INTO $schema.events (conversation, seq, size, id, kind, source, timestamp, reached, body, json)
        SELECT new_key, f.new_seq, e.size, e.id, e.kind, e.source, e.timestamp, f.top, e.body, e.json
        FROM fitting f JOIN $schema.events e ON e.conversation = source_key AND e.seq = f.seq
    )
    SELECT json_build_object('count', count(*), 'reached', coalesce(max(top), reached_before),
        'late', max(new_seq) FILTER (WHERE timestamp < top),
        'last', CASE WHEN count(*) = (SELECT count(*) FROM part) THEN NULL ELSE max(seq) END)
      INTO outcome FROM fitting;
    RETURN $schema.end_write_1(writer, step, outcome);
  END $body$
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;

  CREATE FUNCTION $schema.purge_1(writer bigint, step bigint, max_rows integer, max_size bigint) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    outcome json := $schema.begin_write_1(writer, step);
    purged bigint;
    count integer;
  BEGIN
    IF outcome IS NOT NULL THEN RETURN outcome; END IF;
    SELECT conversation INTO purged FROM $schema.removed WHERE kept_until < now() LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
      DELETE FROM $schema.events WHERE conversation = purged AND seq IN (
        SELECT seq FROM (
          SELECT seq, sum(size) OVER (ORDER BY seq) - size AS ahead FROM $schema.events
          WHERE conversation = purged AND NOT EXISTS (SELECT FROM $schema.conversations WHERE key = purged)
          ORDER BY seq LIMIT max_rows
        ) part WHERE ahead < max_size);
      GET DIAGNOSTICS count = ROW_COUNT;
      IF count = 0 THEN DELETE FROM $schema.removed WHERE conversation = purged; END IF;
      RETURN $schema.end_write_1(writer, step, '{"more":true}');
    END IF;
    SELECT scope INTO purged FROM $schema.bash_removed LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
      DELETE FROM $schema.bash_events WHERE seq IN (
        SELECT seq FROM (
          SELECT seq, sum(size) OVER (ORDER BY timestamp, seq) - size AS ahead FROM $schema.bash_events
          WHERE scope = purged AND NOT EXISTS (SELECT FROM $schema.bash_scopes WHERE key = purged)
          ORDER BY timestamp, seq LIMIT max_rows
        ) part WHERE ahead < max_size);
      GET DIAGNOSTICS count = ROW_COUNT;
      IF count = 0 THEN DELETE FROM $schema.bash_removed WHERE scope = purged; END IF;
      RETURN $schema.end_write_1(writer, step, '{"more":true}');
    END IF;
    RETURN $schema.end_write_1(writer, step, '{"more":false}');
  END $body$
  SET enable_seqscan = off;
`;
