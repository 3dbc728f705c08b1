"""Every figure of the rooms, in this one place."""

TICK_S = 0.5
"""Everybody gets one frame a tick."""

FRAME_BYTES = 1024
"""The longest frame we read: a line of 100 characters, six bytes each, and what wraps it."""
ANSWERS_BYTES = 16 * 1024
"""What the system keeps for a reader who is behind (it doubles the figure); then frames are
dropped for this reader until it has caught up."""
BEHIND_S = 20
"""A reader who has not caught up after this is disconnected."""

HEARTBEAT_S = 15
"""How often a page says that it is there."""
SILENT_S = 3 * HEARTBEAT_S
HANDSHAKE_S = 5
"""From the connection to the end of its headers; picows ends what takes longer."""

LIKES_AT_ONCE = 50
"""Taps of two seconds, summed by the page; nobody taps faster."""
LIKES_EVERY_ROUNDS = 3
"""Of one socket, at most one sum in this many ticks counts."""
SWEEP_ROUNDS = 20
FRAMES_PER_SWEEP = 60
"""Of one socket in ten seconds; a page sends ten."""

LINES_WAITING = 2_000
"""Lines of a process that wait for the next tick; more are refused at once."""

SENT_IN_A_ROW = 200
"""Frames sent before anybody else is listened to: two milliseconds."""

STILL_THERE_ROUNDS = 20
"""A room where nothing happens says so every ten seconds."""
