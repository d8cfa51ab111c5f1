"""The work of a local stack at its times: refreshing prices, judging alerts, the track record, deletions."""
