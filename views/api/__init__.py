"""The HTTP API: what pyairtable, airtable.js and other programs speak, under ``/api``."""
