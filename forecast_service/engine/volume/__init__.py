"""The forecast of volume: weekday effects, a level that reverts, and the same weekday's recent median as yardstick."""
