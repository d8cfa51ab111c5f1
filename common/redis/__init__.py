"""The data in Redis: requests, leases, locks, quotas and notes on prices."""
