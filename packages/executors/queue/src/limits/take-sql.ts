/** Length of a slot: grants within one are counted together. */
export const SLOT_MS = 250;

/** Share of the limits that a window must have been used to for a refusal to be explained by them. */
export const EXPLAINED = 0.9;
/** Share of what a window was used to that is tried after a refusal that nothing explains. */
export const AFTER_REFUSAL = 0.8;
/** Growth of that for each while without a refusal. */
export const GROWTH = 0.05;
export const GROWTH_MS = 10_000;
/** Milliseconds of a pace that may be used at once. */
export const BURST_MS = 1000;

/**
 * Function that grants calls: all processes call it, one after another for each limiter, and only the database's clock
 * counts. A grant counts against the limits from its slot on for `window_slots` slots.
 *
 * `wanted` holds requests, inputs and tokens of each call in turn; the first ones that fit are granted.
 *
 * A refusal that the limits do not explain (`refused` is the slot of its grant) leaves a share of them for all: what the
 * window was used to and a little less, evenly spaced, and a little more with every ten seconds without another. Calls
 * that were granted before the last refusal are one with it. Calls that are free go without it.
 */
export const LIMITER_FUNCTION = (schema: string): string => `
CREATE FUNCTION ${schema}.take(
  limiter_name text, window_slots int, limits float8[], wanted float8[], corrections text, pause_ms float8, refused bigint,
  is_free boolean
) RETURNS TABLE (granted int, granted_slot float8, wait_ms float8) AS $$
DECLARE
  calls int := coalesce(array_length(wanted, 1), 0) / 3;
  paused float8;
  at_ms float8;
  this_slot bigint;
  used float8[] := ARRAY[0, 0, 0];
  had float8[];
  free_slot bigint;
  share_left float8;
  since_ms float8;
  paced float8;
  busy float8;
BEGIN
  INSERT INTO ${schema}.limiters (name) VALUES (limiter_name) ON CONFLICT DO NOTHING;
  SELECT extract(epoch FROM l.paused_until) * 1000, l.share, l.refused_ms, l.paced_ms
    INTO paused, share_left, since_ms, paced
    FROM ${schema}.limiters l WHERE l.name = limiter_name FOR UPDATE;
  at_ms := extract(epoch FROM clock_timestamp()) * 1000;
  this_slot := floor(at_ms / ${SLOT_MS});

  IF pause_ms > 0 THEN
    paused := greatest(coalesce(paused, 0), at_ms + pause_ms);
    UPDATE ${schema}.limiters l SET paused_until = to_timestamp(paused / 1000) WHERE l.name = limiter_name;
  END IF;

  -- What was used otherwise than granted. A slot of -1 is this one: a call that began late counts from now on.
  INSERT INTO ${schema}.limiter_use AS u (limiter, slot, requests, inputs, tokens)
    SELECT limiter_name, c.at, sum(c.requests), sum(c.inputs), sum(c.tokens)
    FROM (
      SELECT CASE WHEN x.slot = -1 THEN this_slot ELSE x.slot END AS at, x.requests, x.inputs, x.tokens
      FROM json_to_recordset(corrections::json) AS x (slot bigint, requests float8, inputs float8, tokens float8)
    ) c GROUP BY c.at
    ON CONFLICT (limiter, slot) DO UPDATE SET
      requests = u.requests + excluded.requests, inputs = u.inputs + excluded.inputs, tokens = u.tokens + excluded.tokens;
  DELETE FROM ${schema}.limiter_use u WHERE u.limiter = limiter_name AND u.slot < this_slot - window_slots;

  SELECT ARRAY[coalesce(sum(u.requests), 0), coalesce(sum(u.inputs), 0), coalesce(sum(u.tokens), 0)] INTO used
    FROM ${schema}.limiter_use u WHERE u.limiter = limiter_name;
  had := used;
  share_left := least(1, share_left * (1 + ${GROWTH} * floor((at_ms - since_ms) / ${GROWTH_MS})));
  IF refused > floor(since_ms / ${SLOT_MS}) THEN
    busy := greatest(used[1] / limits[1], used[2] / limits[2], used[3] / limits[3]);
    IF busy < ${EXPLAINED} THEN
      share_left := ${AFTER_REFUSAL} * least(share_left, busy);
      paced := greatest(at_ms, paused);
      UPDATE ${schema}.limiters l SET share = share_left, refused_ms = at_ms, paced_ms = paced
        WHERE l.name = limiter_name;
    END IF;
  END IF;
  IF is_free THEN
    share_left := 1;
  END IF;
  granted := 0;
  granted_slot := this_slot;
  wait_ms := greatest(0, coalesce(paused, 0) - at_ms);

  IF wait_ms = 0 THEN
    -- A call that is heavier than the limit passes alone.
    WHILE granted < calls AND (share_left = 1 OR paced <= at_ms)
      AND used[1] + least(wanted[3 * granted + 1], limits[1]) <= limits[1]
      AND used[2] + least(wanted[3 * granted + 2], limits[2]) <= limits[2]
      AND used[3] + least(wanted[3 * granted + 3], limits[3]) <= limits[3]
    LOOP
      used := ARRAY[
        used[1] + wanted[3 * granted + 1], used[2] + wanted[3 * granted + 2], used[3] + wanted[3 * granted + 3]
      ];
      granted := granted + 1;
      paced := greatest(paced, at_ms - ${BURST_MS}) + window_slots * ${SLOT_MS} / share_left * greatest(
        wanted[3 * granted - 2] / limits[1], wanted[3 * granted - 1] / limits[2], wanted[3 * granted] / limits[3]
      );
    END LOOP;
    IF granted > 0 THEN
      UPDATE ${schema}.limiters l SET paced_ms = paced WHERE l.name = limiter_name AND share_left < 1;
      INSERT INTO ${schema}.limiter_use AS u (limiter, slot, requests, inputs, tokens)
        VALUES (limiter_name, this_slot, used[1] - had[1], used[2] - had[2], used[3] - had[3])
        ON CONFLICT (limiter, slot) DO UPDATE SET
          requests = u.requests + excluded.requests, inputs = u.inputs + excluded.inputs,
          tokens = u.tokens + excluded.tokens;
    END IF;
    IF granted < calls AND share_left < 1 AND paced > at_ms THEN
      wait_ms := paced - at_ms;
    ELSIF granted < calls THEN
      -- The slot with whose end enough is free for the next call.
      SELECT min(f.slot) INTO free_slot FROM (
        SELECT u.slot, sum(u.requests) OVER w AS requests, sum(u.inputs) OVER w AS inputs, sum(u.tokens) OVER w AS tokens
        FROM ${schema}.limiter_use u WHERE u.limiter = limiter_name WINDOW w AS (ORDER BY u.slot)
      ) f
      WHERE f.requests >= used[1] + least(wanted[3 * granted + 1], limits[1]) - limits[1]
        AND f.inputs >= used[2] + least(wanted[3 * granted + 2], limits[2]) - limits[2]
        AND f.tokens >= used[3] + least(wanted[3 * granted + 3], limits[3]) - limits[3];
      wait_ms := greatest(1, (coalesce(free_slot, this_slot) + window_slots + 1) * ${SLOT_MS} - at_ms);
    END IF;
  END IF;
  RETURN NEXT;
END
$$ LANGUAGE plpgsql;
`;
