"""The nightly run: requests a forecast of every stored ticker from the web server. A CronJob starts it."""
