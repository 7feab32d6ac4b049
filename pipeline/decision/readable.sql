-- Why rows of `pings` cannot be read as pings: 0 for a row that can be read, otherwise the number of the first check of
-- schemas/pings.odcs.yaml that is not true. The macro first_failed_check is made from these checks (pings.py).
SELECT first_failed_check(device_id, observed_us, received_us, lon, lat, valid)::UTINYINT AS failed_check
FROM pings
