/**
 * The claims of nodes. A node is buried when its time has passed, by one that has lived through a whole lease: after an
 * outage of Postgres the time of all has passed, and none is dead. A claim whose node is dead has ended, and says what
 * can be adopted. The fence is drawn while the row is held, so that fences rise.
 */
export const CLAIM_FUNCTIONS = `
  CREATE FUNCTION $schema.join_1(new_address text, new_machine text, lease interval) RETURNS bigint
  LANGUAGE plpgsql AS $body$
  DECLARE
    joined bigint;
  BEGIN
    DELETE FROM $schema.claims WHERE node IN (SELECT id FROM $schema.nodes WHERE lives_until < now() - interval '1 day');
    DELETE FROM $schema.nodes WHERE lives_until < now() - interval '1 day';
    INSERT INTO $schema.nodes (address, machine, alive_since, lives_until)
      VALUES (new_address, new_machine, clock_timestamp(), clock_timestamp() + lease) RETURNING id INTO joined;
    RETURN joined;
  END $body$;

  CREATE FUNCTION $schema.beat_1(beating bigint[], lease interval) RETURNS SETOF bigint LANGUAGE sql AS $body$
    UPDATE $schema.nodes SET
      alive_since = CASE WHEN lives_until < clock_timestamp() THEN clock_timestamp() ELSE alive_since END,
      lives_until = clock_timestamp() + lease
    WHERE id = ANY (beating) AND NOT dead RETURNING id;
  $body$;

  CREATE FUNCTION $schema.owner_1(held text, lease interval) RETURNS json LANGUAGE sql STABLE AS $body$
    SELECT json_strip_nulls(json_build_object('node', n.id, 'address', n.address,
        'last_beat', to_char((n.lives_until - lease) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')))
      FROM $schema.claims l JOIN $schema.nodes n ON n.id = l.node
      WHERE l.id = held AND NOT n.dead AND n.lives_until >= clock_timestamp();
  $body$;

  CREATE FUNCTION $schema.node_at_1(place text) RETURNS json LANGUAGE sql STABLE AS $body$
    SELECT json_strip_nulls(json_build_object('node', id, 'address', address)) FROM $schema.nodes
      WHERE machine = place AND NOT dead AND lives_until >= clock_timestamp() ORDER BY id LIMIT 1;
  $body$;

  CREATE FUNCTION $schema.is_away_1(place text, away_after interval) RETURNS boolean LANGUAGE sql STABLE AS $body$
    SELECT NOT EXISTS (SELECT FROM $schema.nodes WHERE machine = place
      AND (NOT dead AND lives_until >= clock_timestamp()
        OR away_after > interval '0' AND lives_until > clock_timestamp() - away_after));
  $body$;

  CREATE FUNCTION $schema.take_claim_1(claimer bigint, claimed text, may_bury boolean) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    holder record;
    new_fence bigint;
  BEGIN
    INSERT INTO $schema.claims (id, node, fence) VALUES (claimed, claimer, 0) ON CONFLICT (id) DO NOTHING;
    PERFORM FROM $schema.claims WHERE id = claimed FOR UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'a claim was ended meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    SELECT n.id, n.address, n.lives_until < clock_timestamp() AS has_passed INTO holder
      FROM $schema.claims l JOIN $schema.nodes n ON n.id = l.node
      WHERE l.id = claimed AND n.id <> claimer AND NOT n.dead;
    IF FOUND AND NOT (holder.has_passed AND may_bury) THEN
      RETURN json_build_object('owner', json_strip_nulls(json_build_object('node', holder.id, 'address', holder.address)),
        'has_passed', holder.has_passed);
    END IF;
    IF FOUND THEN UPDATE $schema.nodes SET dead = true WHERE id = holder.id; END IF;
    UPDATE $schema.claims SET node = claimer, fence = nextval('$schema.fences') WHERE id = claimed
      RETURNING fence INTO new_fence;
    RETURN json_build_object('fence', new_fence);
  END $body$
  SET enable_seqscan = off;

  CREATE FUNCTION $schema.claim_1(claimer bigint, claimed text, lease interval) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    self record;
    place text := (SELECT machine FROM $schema.conversations WHERE id = claimed);
    owner json;
  BEGIN
    PERFORM $schema.beat_1(ARRAY[claimer], lease);
    SELECT machine, alive_since <= clock_timestamp() - lease AS may_bury INTO self
      FROM $schema.nodes WHERE id = claimer AND NOT dead;
    IF NOT FOUND THEN RETURN '{"dead":true}'; END IF;
    IF self.machine IS NULL OR place IS NULL OR self.machine = place THEN
      RETURN $schema.take_claim_1(claimer, claimed, self.may_bury);
    END IF;
    owner := coalesce($schema.owner_1(claimed, lease), $schema.node_at_1(place));
    IF owner IS NULL THEN RETURN json_build_object('away', place); END IF;
    RETURN json_build_object('owner', owner);
  END $body$
  SET enable_seqscan = off;

  CREATE FUNCTION $schema.adopt_1(
    adopter bigint, this_look bigint, most integer, lease interval, away_after interval
  ) RETURNS json
  LANGUAGE plpgsql AS $body$
  DECLARE
    self record;
    found_one record;
    outcome json;
    taken json[] := '{}';
  BEGIN
    PERFORM $schema.beat_1(ARRAY[adopter], lease);
    SELECT machine, look, adopted, alive_since <= clock_timestamp() - lease AS may_bury INTO self
      FROM $schema.nodes WHERE id = adopter AND NOT dead;
    IF NOT FOUND THEN RETURN '{"dead":true}'; END IF;
    IF self.look = this_look THEN RETURN json_build_object('adopted', self.adopted); END IF;
    IF self.may_bury THEN
      UPDATE $schema.nodes SET dead = true WHERE NOT dead AND lives_until < clock_timestamp();
    END IF;
    FOR found_one IN
      SELECT c.id, CASE WHEN c.machine <> self.machine THEN c.machine END AS away FROM (
        (SELECT * FROM $schema.conversations c
          WHERE status = 'running' AND agent_of IS NULL AND NOT EXISTS (
            SELECT FROM $schema.claims l JOIN $schema.nodes n ON n.id = l.node WHERE l.id = c.id AND NOT n.dead)
            AND (c.machine IS NULL OR self.machine IS NULL OR c.machine = self.machine
              OR $schema.is_away_1(c.machine, away_after))
          ORDER BY created_at, id LIMIT most)
        UNION
        (SELECT c.* FROM $schema.nodes n JOIN $schema.claims l ON l.node = n.id
          JOIN $schema.conversations c ON c.id = l.id
          WHERE n.dead AND c.agent_of IS NULL
            AND (c.machine IS NULL OR self.machine IS NULL OR c.machine = self.machine)
          LIMIT most)
        LIMIT most
      ) c ORDER BY c.id
    LOOP
      outcome := $schema.take_claim_1(adopter, found_one.id, false);
      IF outcome->>'fence' IS NOT NULL THEN
        taken := taken || json_strip_nulls(json_build_object(
          'conversationId', found_one.id, 'fence', (outcome->>'fence')::bigint, 'away', found_one.away));
      END IF;
    END LOOP;
    IF cardinality(taken) > 0 THEN
      UPDATE $schema.nodes SET look = this_look, adopted = array_to_json(taken) WHERE id = adopter;
    END IF;
    RETURN json_build_object('adopted', array_to_json(taken));
  END $body$
  SET enable_seqscan = off;
`;
