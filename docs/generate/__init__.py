"""Makes what the documents show: example answers, the command line's words, screenshots and diagrams."""
