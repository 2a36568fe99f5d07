"""Everything a browser or a client talks to: pages, fragments, kinds of view. Flask lives here."""
