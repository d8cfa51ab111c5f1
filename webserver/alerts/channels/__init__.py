"""The channels by which an alert reaches a person: webhook, mail, and the services that Apprise knows."""
