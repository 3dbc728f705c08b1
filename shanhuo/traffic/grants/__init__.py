"""Traffic support (流量扶持): exposures promised, paced, delivered, and provable afterwards."""
