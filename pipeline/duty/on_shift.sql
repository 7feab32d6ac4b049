-- Which officer had which device while on duty: custody joined with duty, cut to the time that both have in common.
-- Custody is disjoint for each device, and duty is disjoint for each officer, so the result is disjoint for each device.
-- Where the assignment was recorded too late, so was the duty with that device: $late is the state of a late edit.
SELECT
    custody.device,
    greatest(custody.from_us, duty.from_us) AS from_us,
    least(custody.to_us, duty.to_us) AS to_us,
    custody.officer,
    CASE WHEN custody.late = 0 THEN duty.state ELSE $late::BIGINT END AS state,
    duty.code
FROM custody
JOIN duty
    ON custody.officer = duty.officer
    AND duty.from_us < custody.to_us
    AND custody.from_us < duty.to_us
ORDER BY custody.device, from_us
