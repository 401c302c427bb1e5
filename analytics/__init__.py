"""From rollups to findings: topology, chains, amplification, loops, cause, cost, cure, anomalies."""
