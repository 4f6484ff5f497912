"""The people's door: the pages, the review queue, connections and logins; and ``hooks/``, where vendors knock."""
