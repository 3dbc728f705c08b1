"""Live selling: the list and the room for viewers, the studio for hosts, the check before air."""
