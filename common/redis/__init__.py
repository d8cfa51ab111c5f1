"""Everything that Redis holds: requests, leases, locks, quotas and notes on prices."""
