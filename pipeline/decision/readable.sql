-- Which rows of `pings` can be read, and why the others cannot: 0 is a ping, n is set aside under the n-th check of the contract.
-- {checks} stands for the proofs of schemas/pings.odcs.yaml, in order; the first that is not true names the reason.
SELECT CASE {checks} ELSE 0 END::UTINYINT AS fault
FROM pings, run
