-- name: binding(device_id)^
-- What a device watches now.
SELECT binding_id, device_id, session_id, chair, bound_at FROM bindings WHERE device_id = :device_id AND released_at IS NULL;

-- name: bind(binding_id, device_id, session_id, chair, bound_at)!
-- A device watches a session from now on.
INSERT INTO bindings (binding_id, device_id, session_id, chair, bound_at) VALUES (:binding_id, :device_id, :session_id, :chair, :bound_at);

-- name: release(device_id, released_at)^
-- A device no longer watches.
UPDATE bindings SET released_at = :released_at WHERE device_id = :device_id AND released_at IS NULL RETURNING session_id, chair;

-- name: release_all(session_id, released_at)
-- No device watches a session any more.
UPDATE bindings SET released_at = :released_at WHERE session_id = :session_id AND released_at IS NULL RETURNING device_id, chair;

-- name: bindings_of(devices, since)
-- Bindings of devices that were in force since then.
SELECT device_id, session_id, chair, bound_at, released_at FROM bindings
WHERE device_id = ANY(:devices::text[]) AND (released_at IS NULL OR released_at > :since);

-- name: bound_to(session_id)
-- The devices that watch a session now.
SELECT device_id, session_id, chair, bound_at, released_at FROM bindings
WHERE session_id = :session_id AND released_at IS NULL ORDER BY device_id;

-- name: place_device(device_id, chair, placed_by, placed_at)!
-- A device belongs to a chair.
INSERT INTO chair_devices (device_id, chair, placed_by, placed_at) VALUES (:device_id, :chair, :placed_by, :placed_at)
ON CONFLICT (device_id) DO UPDATE SET chair = excluded.chair, placed_by = excluded.placed_by, placed_at = excluded.placed_at;

-- name: remove_device(device_id)$
-- A device belongs to no chair any more.
DELETE FROM chair_devices WHERE device_id = :device_id RETURNING chair;

-- name: devices_of(chair)
-- The devices that belong to a chair.
SELECT device_id FROM chair_devices WHERE chair = :chair ORDER BY device_id;

-- name: placed(devices)
-- Those of these devices that belong to a chair.
SELECT device_id FROM chair_devices WHERE device_id = ANY(:devices::text[]);
