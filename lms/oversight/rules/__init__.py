"""One file per rule: dropping it in is the whole installation. Each is pure and judges frozen facts."""
