"""`shanhuo rooms`: the sockets of live rooms."""
