"""Vector tiles carried away: whole archives of a region, made anew only where something has changed."""
