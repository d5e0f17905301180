-- migrate:up
-- Devices that belong to a chair: they watch whoever sits there, and are no strangers while nobody does.
CREATE TABLE chair_devices (
    device_id text PRIMARY KEY,
    chair integer NOT NULL,
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL
);
CREATE INDEX chair_devices_of ON chair_devices (chair);

-- migrate:down
